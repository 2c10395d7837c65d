#pragma once

#include "commands/kernel/command_table.hpp"
#include "domain/organizations/membership.hpp"

#include <span>
#include <vector>

namespace annals::organizations {

/// The membership of a person in an organization; not active for somebody who is no member.
const Membership::State& membership_of(CommandScope& scope, TenantId organization, UserId user);

/// Those of the people who are no active members of the command's realm.
std::vector<UserId> strangers_among(CommandScope& scope, std::span<const UserId> people);

/// Makes a person a member. Nothing changes for one who is.
Handled join_organization(CommandScope& scope, TenantId organization, UserId user, std::vector<Role> roles);

}  // namespace annals::organizations
