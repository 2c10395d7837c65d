#pragma once

#include "domain/kernel/decider.hpp"
#include "domain/kernel/ids.hpp"
#include "domain/kernel/time.hpp"
#include "domain/organizations/commands.hpp"
#include "domain/organizations/events.hpp"

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace annals::organizations {

enum class InvitationStatus : std::uint8_t { none, pending, accepted };
BOOST_DESCRIBE_ENUM(InvitationStatus, none, pending, accepted)

/// What an invitation depends on beside itself.
struct InviteMemberFacts {
    Instant now{};
    InvitationId self{};
    std::string email_index;              ///< keyed hash of the command's address
    std::span<const Role> inviter_roles;  ///< empty for the system, which may not invite
};

/// An offer to an e-mail address to become a member. Expiry has no event: it follows from the clock.
struct Invitation {
    static constexpr std::string_view kCategory = "invitation";
    static constexpr std::int64_t kValidMicros = 7 * 24 * 3600 * kMicrosPerSecond;

    using Event = std::variant<InvitationCreated, InvitationAccepted>;
    struct State {
        InvitationStatus status{InvitationStatus::none};
        Sealed<Email> email{};
        std::string email_index{};
        std::vector<Role> roles{};
        Instant expires_at{};
        friend bool operator==(const State&, const State&) = default;
    };

    static State initial() { return {}; }
    static State evolve(State state, const Event& event);

    /// FORBIDDEN when a role may do more than the inviter. That the address has no pending invitation and
    /// belongs to no member, the caller sees to.
    static Decision<Event> decide(
        const State& state, const InviteMember& command, const InviteMemberFacts& facts
    );
    /// INVITE_EXPIRED after its time; TOKEN_INVALID when it was accepted before or never was.
    static Decision<Event> decide(const State& state, const AcceptInvitation& command, Instant now);

    static bool is_pending(const State& state, Instant now);
};
BOOST_DESCRIBE_STRUCT(Invitation::State, (), (status, email, email_index, roles, expires_at))

}  // namespace annals::organizations
