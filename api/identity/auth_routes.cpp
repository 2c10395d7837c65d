#include "api/identity/auth_routes.hpp"

#include "api/identity/auth_flow.hpp"
#include "api/kernel/forms.hpp"
#include "commands/catalogue.hpp"
#include "domain/contract/describe.hpp"
#include "domain/contract/json_writer.hpp"
#include "domain/identity/commands.hpp"
#include "projections/identity/my_organizations.hpp"
#include "projections/identity/person.hpp"

namespace annals::identity {

/// The bodies and answers of these routes.
struct LogInForm {
    Text<3, 254> login;
    Secret password;
    std::optional<DeviceName> device_name;
    std::optional<TenantId> tenant;
};
BOOST_DESCRIBE_STRUCT(LogInForm, (), (login, password, device_name, tenant))
constexpr auto contract_docs(const LogInForm*) {
    return std::array{
        contract::FieldDoc{"login", "the e-mail address of the account"},
        contract::FieldDoc{"password", "its password"},
        contract::FieldDoc{"device_name", "what to call the device in the list of sessions"},
        contract::FieldDoc{"tenant", "the organization to act in; left out: the first one by name"},
    };
}

struct RefreshForm {
    Secret refresh_token;
};
BOOST_DESCRIBE_STRUCT(RefreshForm, (), (refresh_token))
constexpr auto contract_docs(const RefreshForm*) {
    return std::array{
        contract::FieldDoc{"refresh_token", "the newest refresh token of the session; each is valid once"}
    };
}

struct TokensView {
    std::string access_token;
    std::string refresh_token;
    std::string token_type;
    std::int64_t expires_in{0};
};
BOOST_DESCRIBE_STRUCT(TokensView, (), (access_token, refresh_token, token_type, expires_in))
constexpr auto contract_docs(const TokensView*) {
    return std::array{
        contract::FieldDoc{"access_token", "send it as Authorization: Bearer …"},
        contract::FieldDoc{"refresh_token", "trade it for new tokens before the access token expires"},
        contract::FieldDoc{"token_type", "bearer"},
        contract::FieldDoc{"expires_in", "seconds the access token is valid"},
    };
}

struct MeView {
    PersonView person;
    std::optional<TenantId> tenant;
    std::vector<MyOrganizationView> organizations;
};
BOOST_DESCRIBE_STRUCT(MeView, (), (person, tenant, organizations))
constexpr auto contract_docs(const MeView*) {
    return std::array{
        contract::FieldDoc{"person", "who is signed in"},
        contract::FieldDoc{"tenant", "the organization this session acts in"},
        contract::FieldDoc{"organizations", "the organizations the person belongs to"},
    };
}

namespace {

using api::Exchange;
using api::Services;

void finish_login(
    const std::shared_ptr<Exchange>& exchange, std::expected<std::string, http::Problem> tokens
) {
    // A refusal here means that the account is locked; it must look like every other failure.
    if (!tokens && tokens.error().status == 401) return fail_login(*exchange);
    if (!tokens) return exchange->fail(tokens.error());
    http::Response response = http::json_response(200, *tokens + "}");
    response.compressible = false;
    exchange->respond(std::move(response));
}

/// The organization to act in: the one asked for if the person belongs to it, else the first one.
std::expected<std::optional<TenantId>, http::Problem> choose_tenant(
    Services& services, UserId user, const std::optional<TenantId>& asked
) {
    if (asked) {
        if (!services.directory.roles(*asked, user).empty()) return asked;
        return std::unexpected(http::make_problem("NOT_FOUND", "you belong to no organization with this id"));
    }
    const auto organizations = my_organizations(services.reader, user);
    if (organizations.empty()) return std::optional<TenantId>();
    return std::optional(organizations.front().id);
}

/// Runs on a hashing thread.
void check_login(Services& services, const std::shared_ptr<Exchange>& exchange, const LogInForm& form) {
    const auto email = Email::parse(form.login.str());
    const auto account = email ? services.directory.find_account(*email) : std::nullopt;
    // Without an account a password is verified all the same, so that time does not tell.
    const bool enters = may_enter(services, account.value_or(Account{}), form.password);
    if (!account) return fail_login(*exchange);
    if (!enters) return refuse_entry(services, exchange, *account);
    const auto tenant = choose_tenant(services, account->user, form.tenant);
    if (!tenant) return exchange->fail(tenant.error());
    start_session(
        services, *exchange->request, account->user, *tenant, form.device_name,
        [exchange](std::expected<std::string, http::Problem> tokens) {
            finish_login(exchange, std::move(tokens));
        }
    );
}

void log_in(Services& services, Exchange incoming) {
    auto form = api::read_form<LogInForm>(*contract::type_info<LogInForm>(), incoming);
    if (!form) return;
    auto exchange = std::make_shared<Exchange>(std::move(incoming));
    on_hashing_thread(services, exchange, "AUTH-1d70", [&services, exchange, form = std::move(*form)] {
        check_login(services, exchange, form);
    });
}

http::Problem token_invalid() {
    return http::make_problem("TOKEN_INVALID", "the refresh token is spent, expired or was not issued here");
}

http::Response fresh_tokens(
    Services& services, const RefreshToken& next, std::optional<TenantId> tenant, std::string refresh_token
) {
    api::Principal principal{next.user, tenant, next.session, 0};
    TokensView tokens;
    tokens.access_token = services.tokens.mint(principal, services.clock.now());
    tokens.refresh_token = std::move(refresh_token);
    tokens.token_type = "bearer";
    tokens.expires_in = services.tokens.lifetime_s();
    std::string body;
    contract::write_json(*contract::type_info<TokensView>(), &tokens, body);
    http::Response response = http::json_response(200, std::move(body));
    response.compressible = false;
    return response;
}

/// `newest_at`: the version of the session at which the token was its newest one; nothing for a spent token,
/// whose use ends the session. Once the refresh is durable nothing is asked any more, because whoever is told
/// to come back would come back with a token that is spent by then.
void submit_refresh(
    Services& services, const std::shared_ptr<Exchange>& exchange, const RefreshToken& token,
    std::optional<TenantId> tenant, std::optional<StreamVersion> newest_at
) {
    const RefreshToken next{token.user, token.session, token.generation + 1};
    const std::string refresh_token = write_refresh_token(services.cryptography, next, services.ids.next());
    auto command = std::make_shared<RefreshSession>();
    command->presented_generation = token.generation;
    command->next_token_hash = Secret::trusted(token_hash(services.cryptography, refresh_token));
    CommandRequest request = own_command(
        services, *exchange->request, command_type_of<RefreshSession>(), realm_of(token.user),
        token.session.value, token.user, std::move(command)
    );
    request.expected_version = newest_at;
    services.bus.submit(
        std::move(request),
        [&services, exchange, token, tenant, newest_at, next, refresh_token](const CommandResult& result) {
            if (result && newest_at)
                return exchange->respond(fresh_tokens(services, next, tenant, refresh_token));
            if (result) return exchange->fail(token_invalid());
            // Somebody used the same token at the same time and was first.
            if (result.error().code == "VERSION_CONFLICT")
                return submit_refresh(services, exchange, token, tenant, std::nullopt);
            const bool away = result.error().code == "UNAVAILABLE" || result.error().code == "OVERLOADED";
            exchange->fail(away ? api::rejection_problem(result.error()) : token_invalid());
        }
    );
}

/// A token of the present generation must be the very one whose hash the vault holds.
void check_refresh(
    Services& services, const std::shared_ptr<Exchange>& exchange, const RefreshToken& token,
    const std::string& text
) {
    const auto [session, version] = services.directory.session_at(token.user, token.session);
    if (token.generation != session.generation)
        return submit_refresh(services, exchange, token, session.tenant, std::nullopt);
    const auto known = services.directory.credential(session.credential_id);
    if (known != token_hash(services.cryptography, text)) return exchange->fail(token_invalid());
    submit_refresh(services, exchange, token, session.tenant, version);
}

void refresh(Services& services, Exchange incoming) {
    auto form = api::read_form<RefreshForm>(*contract::type_info<RefreshForm>(), incoming);
    if (!form) return;
    const auto token = read_refresh_token(services.cryptography, form->refresh_token.str());
    if (!token) return incoming.fail(token_invalid());
    auto exchange = std::make_shared<Exchange>(std::move(incoming));
    on_worker(
        services, exchange, "AUTH-20f6",
        [&services, exchange, token = *token, form = std::move(*form)] {
            check_refresh(services, exchange, token, form.refresh_token.str());
        }
    );
}

api::QueryResultOrProblem me(api::QueryContext& context, const void*) {
    auto person = find_person(context.services.reader, context.principal.user);
    if (!person) {
        return std::unexpected(http::make_problem("PROJECTION_BEHIND", "your account is not visible yet")
                                   .retry_after(api::kRetryAfterS));
    }
    MeView view{
        std::move(*person), context.principal.tenant,
        my_organizations(context.services.reader, context.principal.user)
    };
    api::QueryAnswer answer;  // without a version: no single stream has one for all that it shows
    contract::write_json(*contract::type_info<MeView>(), &view, answer.json);
    return answer;
}

void jwks(Services& services, Exchange exchange) {
    http::Response response = http::json_response(200, services.tokens.jwks());
    response.headers.add("Cache-Control", "public, max-age=300");
    exchange.respond(std::move(response));
}

}  // namespace

std::vector<api::Route> auth_routes() {
    static constexpr std::array<std::string_view, 1> kLoginProblems{"UNAUTHENTICATED"};
    static constexpr std::array<std::string_view, 1> kRefreshProblems{"TOKEN_INVALID"};
    return {
        {http::Method::post, "/api/v1/auth/login", "logIn", "Log in with e-mail address and password",
         "identity",
         api::CustomRoute{
             .is_public = true,
             .body = contract::type_info<LogInForm>(),
             .answer = contract::type_info<TokensView>(),
             .problems = kLoginProblems,
             .run = log_in
         }},
        {http::Method::post, "/api/v1/auth/refresh", "refreshTokens", "Trade a refresh token for new tokens",
         "identity",
         api::CustomRoute{
             .is_public = true,
             .body = contract::type_info<RefreshForm>(),
             .answer = contract::type_info<TokensView>(),
             .problems = kRefreshProblems,
             .run = refresh
         }},
        {http::Method::get, "/api/v1/auth/me", "getMe", "Who is signed in, and where they belong", "identity",
         api::QueryRoute{.realm = api::Realm::person, .view = contract::type_info<MeView>(), .run = me}},
        {http::Method::get, "/.well-known/jwks.json", "getKeys",
         "The keys that access tokens are signed with", "identity",
         api::CustomRoute{.is_public = true, .run = jwks}},
    };
}

}  // namespace annals::identity
