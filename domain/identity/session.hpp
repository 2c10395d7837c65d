#pragma once

#include "domain/identity/commands.hpp"
#include "domain/identity/events.hpp"
#include "domain/kernel/decider.hpp"
#include "domain/kernel/ids.hpp"
#include "domain/kernel/time.hpp"

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>
#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>

namespace annals::identity {

enum class SessionStatus : std::uint8_t { none, active, revoked, compromised };
BOOST_DESCRIBE_ENUM(SessionStatus, none, active, revoked, compromised)

/// One login of a person on a device: a chain of refresh tokens, each valid once (RFC 9700, section 4.14).
/// Expiry has no event: it follows from the clock.
struct Session {
    static constexpr std::string_view kCategory = "session";

    using Event = std::variant<SessionStarted, SessionRefreshed, SessionCompromised, SessionRevoked>;
    struct State {
        SessionStatus status{SessionStatus::none};
        UserId user_id{};
        std::optional<TenantId> tenant{};
        CredentialId credential_id{};
        std::int64_t generation{0};
        Instant expires_at{};
        friend bool operator==(const State&, const State&) = default;
    };

    static State initial() { return {}; }
    static State evolve(State state, const Event& event);

    /// DUPLICATE when the session was started before.
    static Decision<Event> decide(const State& state, const RecordLogin& command, UserId user);
    /// The token now valid yields the next generation. An older one was stolen or copied, so the whole chain
    /// ends with SessionCompromised; the caller sees that in the new status and answers TOKEN_INVALID.
    /// TOKEN_INVALID also for a session that is not active, has expired, or never had that generation.
    static Decision<Event> decide(const State& state, const RefreshSession& command, Instant now);
    static Decision<Event> decide(const State& state, const RevokeSession& command);

    static bool is_active(const State& state, Instant now);
};
BOOST_DESCRIBE_STRUCT(Session::State, (), (status, user_id, tenant, credential_id, generation, expires_at))

}  // namespace annals::identity
