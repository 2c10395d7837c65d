#include "commands/organizations/members.hpp"

namespace annals::organizations {

const Membership::State& membership_of(CommandScope& scope, TenantId organization, UserId user) {
    return *scope.load<Membership>(organization, membership_id(organization, user).value).first;
}

std::vector<UserId> strangers_among(CommandScope& scope, std::span<const UserId> people) {
    std::vector<UserId> strangers;
    for (const UserId person : people) {
        if (!membership_of(scope, scope.realm(), person).active) strangers.push_back(person);
    }
    return strangers;
}

Handled join_organization(CommandScope& scope, TenantId organization, UserId user, std::vector<Role> roles) {
    const auto& state = membership_of(scope, organization, user);
    return scope.append<Membership>(
        organization, membership_id(organization, user).value, Membership::join(state, user, std::move(roles))
    );
}

}  // namespace annals::organizations
