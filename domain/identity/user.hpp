#pragma once

#include "domain/identity/commands.hpp"
#include "domain/identity/events.hpp"
#include "domain/kernel/decider.hpp"
#include "domain/kernel/ids.hpp"
#include "domain/kernel/time.hpp"

#include <boost/describe/class.hpp>
#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>

namespace annals::identity {

/// A person's account. Its stream lives in the person's own realm and has the person's id.
struct User {
    static constexpr std::string_view kCategory = "user";
    static constexpr std::int64_t kFailuresUntilLock = 5;
    static constexpr std::int64_t kLockMicros = 30 * 60 * kMicrosPerSecond;

    using Event = std::variant<UserRegistered, LoginSucceeded, LoginFailed, UserLocked>;
    struct State {
        bool registered{false};
        CredentialId credential_id{};
        std::int64_t failed_logins{0};  ///< since the last success or lock
        std::optional<Instant> locked_until{};
        friend bool operator==(const State&, const State&) = default;
    };

    static State initial() { return {}; }
    static State evolve(State state, const Event& event);

    /// DUPLICATE when the account is there. That the e-mail address is free, the reservation sees to.
    static Decision<Event> decide(const State& state, const RegisterUser& command, UserId self);
    /// The password was right. UNAUTHENTICATED while the account is locked: a lock holds against the right
    /// one too.
    static Decision<Event> decide(const State& state, const RecordLogin& command, Instant now);
    /// The fifth failure in a row locks the account for half an hour. While it is locked, failures are noted
    /// only.
    static Decision<Event> decide(const State& state, const RecordLoginFailure& command, Instant now);

    static bool is_locked(const State& state, Instant now);
};
BOOST_DESCRIBE_STRUCT(User::State, (), (registered, credential_id, failed_logins, locked_until))

}  // namespace annals::identity
