#include "domain/organizations/permissions.hpp"

#include <array>
#include <cstddef>
#include <initializer_list>

namespace annals::organizations {
namespace {

using enum Permission;
using PermissionSet = std::uint32_t;

constexpr std::size_t kRoleCount = static_cast<std::size_t>(Role::auditor) + 1;
constexpr std::size_t kPermissionCount = static_cast<std::size_t>(task_assign) + 1;
static_assert(kPermissionCount <= 32);

constexpr PermissionSet bit(Permission permission) {
    return PermissionSet{1} << static_cast<unsigned>(permission);
}

constexpr PermissionSet set_of(std::initializer_list<Permission> permissions) {
    PermissionSet set = 0;
    for (const Permission permission : permissions) set |= bit(permission);
    return set;
}

constexpr PermissionSet kSee = set_of({org_read, member_read, project_read, task_read});
constexpr PermissionSet kWork = kSee | set_of({task_create, task_update, task_move, task_assign});
constexpr PermissionSet kManage = kWork | set_of({project_create, project_manage, member_invite});
constexpr PermissionSet kAdminister = kManage | set_of({org_settings});

/// Rights that the roles hold on their own or assigned records only are left out until a query can be
/// narrowed that far: an executor would otherwise read every task.
constexpr std::array<PermissionSet, kRoleCount> kPresets = [] {
    std::array<PermissionSet, kRoleCount> presets{};
    const auto preset = [&](Role role) -> PermissionSet& { return presets[static_cast<std::size_t>(role)]; };
    preset(Role::owner) = kAdminister | bit(org_ownership);
    preset(Role::admin) = kAdminister;
    preset(Role::manager) = kManage;
    preset(Role::analyst) = kSee;
    preset(Role::viewer) = kSee;
    preset(Role::member) = kWork | bit(project_create);
    preset(Role::operator_) = kWork;
    preset(Role::executor) = set_of({org_read, member_read});
    preset(Role::assistant) = kWork;
    preset(Role::clinician) = kWork;
    preset(Role::auditor) = kSee;
    return presets;
}();

constexpr std::array<std::string_view, kPermissionCount> kNames{
    "org.read",     "org.settings",   "org.ownership",  "member.read", "member.invite",
    "project.read", "project.create", "project.manage", "task.read",   "task.create",
    "task.update",  "task.move",      "task.assign",
};

PermissionSet union_of(std::span<const Role> roles) {
    PermissionSet all = 0;
    for (const Role role : roles) all |= kPresets[static_cast<std::size_t>(role)];
    return all;
}

}  // namespace

std::string_view permission_name(Permission permission) {
    return kNames[static_cast<std::size_t>(permission)];
}

bool allows(std::span<const Role> roles, Permission permission) {
    return (union_of(roles) & bit(permission)) != 0;
}

bool may_grant(std::span<const Role> own, std::span<const Role> granted) {
    return (union_of(granted) & ~union_of(own)) == 0;
}

}  // namespace annals::organizations
