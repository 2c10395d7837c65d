#include "domain/organizations/invitation.hpp"

#include "domain/kernel/overloaded.hpp"
#include "domain/organizations/permissions.hpp"

#include <algorithm>

namespace annals::organizations {
namespace {

/// The roles in the order of their declaration, each once.
std::vector<Role> distinct_roles(std::span<const Role> roles) {
    std::vector<Role> distinct(roles.begin(), roles.end());
    std::ranges::sort(distinct);
    const auto repeats = std::ranges::unique(distinct);
    distinct.erase(repeats.begin(), repeats.end());
    return distinct;
}

}  // namespace

static_assert(Decider<Invitation>);

Invitation::State Invitation::evolve(State state, const Event& event) {
    std::visit(
        Overloaded{
            [&](const InvitationCreated& created) {
                state.status = InvitationStatus::pending;
                state.email = created.email;
                state.email_index = created.email_index;
                state.roles = created.roles;
                state.expires_at = created.expires_at;
            },
            [&](const InvitationAccepted&) { state.status = InvitationStatus::accepted; },
        },
        event
    );
    return state;
}

Decision<Invitation::Event> Invitation::decide(
    const State& state, const InviteMember& command, const InviteMemberFacts& facts
) {
    if (state.status != InvitationStatus::none) {
        return std::unexpected(reject("DUPLICATE", "the invitation exists already"));
    }
    if (!may_grant(facts.inviter_roles, command.roles)) {
        return std::unexpected(
            reject("FORBIDDEN", "nobody can hand out a role that may do more than they may")
        );
    }
    return {{InvitationCreated{
        .email = {facts.self.value, command.email},
        .email_index = facts.email_index,
        .roles = distinct_roles(command.roles),
        .expires_at = facts.now + kValidMicros,
    }}};
}

Decision<Invitation::Event> Invitation::decide(
    const State& state, const AcceptInvitation& command, Instant now
) {
    if (state.status != InvitationStatus::pending) {
        return std::unexpected(reject("TOKEN_INVALID", "the invitation is not valid"));
    }
    if (!is_pending(state, now))
        return std::unexpected(reject("INVITE_EXPIRED", "the invitation has expired"));
    return {{InvitationAccepted{.user_id = command.user_id}}};
}

bool Invitation::is_pending(const State& state, Instant now) {
    return state.status == InvitationStatus::pending && now < state.expires_at;
}

}  // namespace annals::organizations
