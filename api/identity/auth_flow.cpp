#include "api/identity/auth_flow.hpp"

#include "api/kernel/forms.hpp"
#include "commands/catalogue.hpp"
#include "domain/contract/json_writer.hpp"
#include "domain/identity/commands.hpp"

namespace annals::identity {

CommandRequest own_command(
    api::Services& services, const http::Request& request, const CommandType& type, TenantId realm,
    const Uuid& target, UserId actor, std::shared_ptr<const void> command
) {
    CommandRequest own;
    own.type = &type;
    own.command = std::move(command);
    own.target = target;
    own.realm = realm;
    own.actor = {contract::ActorKind::user, actor.value, std::nullopt};
    own.command_id = CommandId{services.ids.next()};
    own.request_id = request.request_id;
    own.client_address = request.remote_address;
    own.traceparent = request.traceparent;
    return own;
}

void start_session(
    api::Services& services, const http::Request& request, UserId user, std::optional<TenantId> tenant,
    std::optional<DeviceName> device_name, SessionTokens done
) {
    const Instant now = services.clock.now();
    const SessionId session{services.ids.next()};
    const std::string refresh_token =
        write_refresh_token(services.cryptography, {user, session, 0}, services.ids.next());
    auto login = std::make_shared<RecordLogin>();
    login->session_id = session;
    login->credential_id = CredentialId{services.ids.next()};
    login->token_hash = Secret::trusted(token_hash(services.cryptography, refresh_token));
    login->tenant = tenant;
    login->device_name = std::move(device_name);
    login->expires_at = now + services.session_lifetime_s * kMicrosPerSecond;
    CommandRequest command = own_command(
        services, request, command_type_of<RecordLogin>(), realm_of(user), user.value, user, std::move(login)
    );
    command.session = session;
    services.bus.submit(
        std::move(command),
        [&services, user, tenant, session, now, refresh_token,
         done = std::move(done)](CommandResult result) mutable {
            if (!result) return done(std::unexpected(api::rejection_problem(result.error())));
            api::Principal principal{user, tenant, session, 0};
            std::string body = R"({"access_token":")" + services.tokens.mint(principal, now);
            body += R"(","refresh_token":")" + refresh_token;
            body += R"(","token_type":"bearer","expires_in":)";
            contract::append_number(body, services.tokens.lifetime_s());
            done(std::move(body));
        }
    );
}

namespace {

/// Both pools take jobs in the same way.
template <class Pool>
void on_pool(
    api::Services& services, Pool& pool, const std::shared_ptr<api::Exchange>& exchange,
    std::string_view code, std::move_only_function<void()> job
) {
    const auto refuse = [exchange] {
        exchange->fail(
            http::make_problem("OVERLOADED", "too much is waiting; try again").retry_after(api::kRetryAfterS)
        );
    };
    const bool accepted = pool.submit(
        [&services, exchange, code, job = std::move(job)]() mutable {
            exchange->work_began = std::chrono::steady_clock::now();
            guarded(services, *exchange, code, job);
        },
        refuse
    );
    if (!accepted) refuse();
}

}  // namespace

void on_hashing_thread(
    api::Services& services, const std::shared_ptr<api::Exchange>& exchange, std::string_view code,
    std::move_only_function<void()> job
) {
    on_pool(services, services.passwords, exchange, code, std::move(job));
}

void on_worker(
    api::Services& services, const std::shared_ptr<api::Exchange>& exchange, std::string_view code,
    std::move_only_function<void()> job
) {
    on_pool(services, services.workers, exchange, code, std::move(job));
}

std::optional<http::Problem> weak_password(
    api::Services& services, const Secret& password, const std::string& email
) {
    auto weakness = services.passwords.weakness(password.str(), email);
    if (!weakness) return std::nullopt;
    http::Problem weak = http::make_problem("PASSWORD_WEAK", *weakness);
    weak.errors.push_back({"/password", "weak", std::move(*weakness)});
    return weak;
}

void fail_login(api::Exchange& exchange) {
    http::Response response = http::problem_response(
        *exchange.request,
        http::make_problem("UNAUTHENTICATED", "the login or the password is wrong, or the account is locked")
    );
    response.evenly_since = exchange.work_began;
    exchange.respond(std::move(response));
}

bool may_enter(api::Services& services, const Account& account, const Secret& password) {
    const bool right = services.passwords.verify(account.password_hash, password.str());
    return right && !User::is_locked(account.state, services.clock.now());
}

void refuse_entry(
    api::Services& services, const std::shared_ptr<api::Exchange>& exchange, const Account& account
) {
    auto failure = std::make_shared<RecordLoginFailure>();
    failure->reason = User::is_locked(account.state, services.clock.now()) ? LoginFailure::locked
                                                                           : LoginFailure::wrong_password;
    services.bus.submit(
        own_command(
            services, *exchange->request, command_type_of<RecordLoginFailure>(), realm_of(account.user),
            account.user.value, account.user, std::move(failure)
        ),
        [exchange](const CommandResult& result) {
            const bool away =
                !result && (result.error().code == "OVERLOADED" || result.error().code == "UNAVAILABLE");
            if (away) return exchange->fail(api::rejection_problem(result.error()));
            fail_login(*exchange);
        }
    );
}

}  // namespace annals::identity
