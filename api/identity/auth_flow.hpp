#pragma once

#include "api/identity/tokens.hpp"
#include "api/kernel/route.hpp"
#include "commands/identity/access_directory.hpp"
#include "domain/identity/values.hpp"

namespace annals::identity {

/// A command of the product's own code, by the person it is about.
CommandRequest own_command(
    api::Services& services, const http::Request& request, const CommandType& type, TenantId realm,
    const Uuid& target, UserId actor, std::shared_ptr<const void> command
);

/// Starts a session for somebody who has proved who they are: appends the login, then hands over the body of
/// the answer,
/// `{"access_token":…,"refresh_token":…,"token_type":"bearer","expires_in":…}` without its closing brace, or
/// the problem. Does not block; `done` runs on a writer's thread.
using SessionTokens = std::move_only_function<void(std::expected<std::string, http::Problem>)>;
void start_session(
    api::Services& services, const http::Request& request, UserId user, std::optional<TenantId> tenant,
    std::optional<DeviceName> device_name, SessionTokens done
);

/// Runs a job that verifies or hashes on a hashing thread, guarded; answers OVERLOADED when too many wait.
void on_hashing_thread(
    api::Services& services, const std::shared_ptr<api::Exchange>& exchange, std::string_view code,
    std::move_only_function<void()> job
);

/// The same on a worker thread, for what blocks without hashing.
void on_worker(
    api::Services& services, const std::shared_ptr<api::Exchange>& exchange, std::string_view code,
    std::move_only_function<void()> job
);

/// PASSWORD_WEAK when the password is too weak for somebody with this address.
std::optional<http::Problem> weak_password(
    api::Services& services, const Secret& password, const std::string& email
);

/// The same answer for an unknown address, a wrong password and a locked account. Only with an account is
/// there a failure to record, so the answer is timed not to tell. For jobs of on_hashing_thread().
void fail_login(api::Exchange& exchange);

/// Whether this is the account's password and the account is not locked. A locked account is told from a
/// wrong password by nobody, so whoever guesses on while it is locked learns nothing.
bool may_enter(api::Services& services, const Account& account, const Secret& password);

/// Records the failure, which counts towards the lock, and answers as fail_login() does; a failure that
/// cannot be recorded now is not told either.
void refuse_entry(
    api::Services& services, const std::shared_ptr<api::Exchange>& exchange, const Account& account
);

/// Runs what may block on the store, on a thread that may; the exchange is answered 503 when the store or the
/// query tables are away, and 500 for what nobody expected.
template <class Job>
void guarded(api::Services& services, api::Exchange& exchange, std::string_view code, Job&& job) {
    const auto fail = [&](const std::exception& error, const http::Problem& problem) {
        services.report(code, error.what(), exchange.request->request_id);
        exchange.fail(problem);
    };
    const auto away = [] {
        return http::make_problem("UNAVAILABLE", "the database cannot be reached")
            .retry_after(api::kRetryAfterS);
    };
    try {
        job();
    } catch (const StoreUnavailable& error) {
        fail(error, away());
    } catch (const QueryUnavailable& error) {
        fail(error, away());
    } catch (const std::exception& error) {
        fail(error, http::make_problem("INTERNAL", "the request failed"));
    }
}

}  // namespace annals::identity
