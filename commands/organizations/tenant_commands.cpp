#include "commands/organizations/tenant_commands.hpp"

#include "commands/identity/registration.hpp"
#include "commands/kernel/command_table.hpp"
#include "commands/organizations/bootstrap.hpp"
#include "commands/organizations/members.hpp"
#include "domain/organizations/tenant.hpp"

#include <array>

namespace annals::organizations {
namespace {

/// The organization is its own realm, and whoever founds it is its first owner.
Handled found_tenant(CommandScope& scope, const CreateTenant& command, UserId founder) {
    auto created = scope.append<Tenant>(Tenant::decide(scope.load_target<Tenant>(), command, founder));
    if (!created) return created;
    const ReservationKey slug{kPlatformRealm, "org.slug", command.slug.str()};
    if (scope.reservation(slug)) return std::unexpected(reject_duplicate("/slug", "the slug is taken"));
    scope.reserve(slug, {scope.target(), scope.realm()});
    return join_organization(scope, scope.realm(), founder, {Role::owner});
}

Handled create_tenant(CommandScope& scope, const CreateTenant& command) {
    return found_tenant(scope, command, scope.user());
}

/// Once for an installation, which a reservation of the platform sees to.
Handled bootstrap_platform(CommandScope& scope, const BootstrapPlatform& command) {
    const ReservationKey once = bootstrap_reservation();
    if (scope.reservation(once)) {
        return std::unexpected(reject("ALREADY_BOOTSTRAPPED", "the first person and organization are there"));
    }
    scope.reserve(once, {scope.target(), scope.realm()});
    const identity::RegisterUser registration{
        .email = command.email,
        .display_name = command.account.display_name,
        .credential_id = command.account.credential_id,
        .password_hash = command.account.password_hash,
    };
    auto registered = identity::register_person(scope, command.owner, registration);
    if (!registered) return registered;
    return found_tenant(scope, command.organization, command.owner);
}

Handled rename_tenant(CommandScope& scope, const RenameTenant& command) {
    return scope.append<Tenant>(Tenant::decide(scope.load_target<Tenant>(), command));
}

CommandType in_own_realm(CommandType type) {
    type.target_is_realm = true;
    return type;
}

}  // namespace

std::span<const CommandType> tenant_commands() {
    static const std::array kCommands{
        in_own_realm(command_row<Tenant, &create_tenant>(Target::creates, Access::signed_in)),
        in_own_realm(command_row<Tenant, &bootstrap_platform>(Target::creates, Access::internal)),
        in_own_realm(command_row<Tenant, &rename_tenant>(
            Target::existing, Access::permission, Permission::org_settings
        )),
    };
    return kCommands;
}

}  // namespace annals::organizations
