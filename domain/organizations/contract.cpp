#include "domain/organizations/contract.hpp"

#include "domain/contract/describe.hpp"
#include "domain/organizations/commands.hpp"
#include "domain/organizations/events.hpp"
#include "domain/organizations/invitation.hpp"
#include "domain/organizations/membership.hpp"
#include "domain/organizations/tenant.hpp"

#include <array>

namespace annals::organizations {

std::span<const contract::EventType> events() {
    static const std::array kEvents{
        contract::event<TenantCreated>(Tenant::kCategory),
        contract::event<TenantRenamed>(Tenant::kCategory),
        contract::event<MembershipCreated>(Membership::kCategory),
        contract::event<InvitationCreated>(Invitation::kCategory),
        contract::event<InvitationAccepted>(Invitation::kCategory),
    };
    return kEvents;
}

std::span<const contract::CommandShape> commands() {
    static const std::array kCommands{
        contract::command<CreateTenant>(),      contract::command<RenameTenant>(),
        contract::command<InviteMember>(),      contract::command<AcceptInvitation>(),
        contract::command<BootstrapPlatform>(),
    };
    return kCommands;
}

std::span<const contract::StateShape> states() {
    static const std::array kStates{
        contract::state<Tenant>(), contract::state<Membership>(), contract::state<Invitation>()
    };
    return kStates;
}

}  // namespace annals::organizations
