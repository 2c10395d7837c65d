#pragma once

#include "domain/organizations/role.hpp"

#include <cstdint>
#include <span>
#include <string_view>

namespace annals::organizations {

/// A right that commands and queries declare and roles hold.
enum class Permission : std::uint8_t {
    org_read,
    org_settings,
    org_ownership,  ///< held by owners alone, so that nobody else can make an owner
    member_read,
    member_invite,
    project_read,
    project_create,
    project_manage,
    task_read,
    task_create,
    task_update,
    task_move,
    task_assign
};

/// "task.move"
std::string_view permission_name(Permission permission);

/// True when one of the roles holds the permission.
bool allows(std::span<const Role> roles, Permission permission);

/// True when everything that `granted` may do, `own` may do too: nobody hands out more than they have.
bool may_grant(std::span<const Role> own, std::span<const Role> granted);

}  // namespace annals::organizations
