#include "domain/identity/user.hpp"

#include "domain/kernel/overloaded.hpp"

namespace annals::identity {

static_assert(Decider<User>);

User::State User::evolve(State state, const Event& event) {
    std::visit(
        Overloaded{
            [&](const UserRegistered& registered) {
                state.registered = true;
                state.credential_id = registered.credential_id;
            },
            [&](const LoginSucceeded&) {
                state.failed_logins = 0;
                state.locked_until.reset();
            },
            [&](const LoginFailed& failed) {
                if (failed.reason == LoginFailure::wrong_password) ++state.failed_logins;
            },
            [&](const UserLocked& locked) {
                state.failed_logins = 0;
                state.locked_until = locked.until;
            },
        },
        event
    );
    return state;
}

Decision<User::Event> User::decide(const State& state, const RegisterUser& command, UserId self) {
    if (state.registered) return std::unexpected(reject("DUPLICATE", "the account exists already"));
    return {{UserRegistered{
        .email = {self.value, command.email},
        .display_name = {self.value, command.display_name},
        .credential_id = command.credential_id,
    }}};
}

Decision<User::Event> User::decide(const State& state, const RecordLogin& command, Instant now) {
    if (!state.registered) return std::unexpected(reject("NOT_FOUND", "there is no such account"));
    if (is_locked(state, now)) return std::unexpected(reject("UNAUTHENTICATED", "the login failed"));
    return {{LoginSucceeded{.session_id = command.session_id}}};
}

Decision<User::Event> User::decide(const State& state, const RecordLoginFailure& command, Instant now) {
    if (!state.registered) return std::unexpected(reject("NOT_FOUND", "there is no such account"));
    // The lock may have begun after the route looked: then the failure is one of a locked account, whatever
    // it said.
    if (is_locked(state, now)) return {{LoginFailed{.reason = LoginFailure::locked}}};
    std::vector<Event> events{LoginFailed{.reason = command.reason}};
    const bool counts = command.reason == LoginFailure::wrong_password;
    if (counts && state.failed_logins + 1 >= kFailuresUntilLock) {
        events.emplace_back(UserLocked{.until = now + kLockMicros});
    }
    return events;
}

bool User::is_locked(const State& state, Instant now) {
    return state.locked_until && now < *state.locked_until;
}

}  // namespace annals::identity
