#include "domain/organizations/membership.hpp"

#include "domain/kernel/name_uuid.hpp"
#include "domain/kernel/overloaded.hpp"

#include <string>

namespace annals::organizations {
MembershipId membership_id(TenantId tenant, UserId user) {
    std::string both(tenant.value.bytes.begin(), tenant.value.bytes.end());
    both.append(user.value.bytes.begin(), user.value.bytes.end());
    return MembershipId{name_uuid(both)};
}

static_assert(Decider<Membership>);

Membership::State Membership::evolve(State state, const Event& event) {
    std::visit(
        Overloaded{
            [&](const MembershipCreated& created) {
                state.active = true;
                state.user_id = created.user_id;
                state.roles = created.roles;
            },
        },
        event
    );
    return state;
}

Decision<Membership::Event> Membership::join(const State& state, UserId user, std::vector<Role> roles) {
    if (state.active) return std::vector<Event>{};
    return {{MembershipCreated{.user_id = user, .roles = std::move(roles)}}};
}

}  // namespace annals::organizations
