#include "commands/catalogue.hpp"

#include "commands/identity/session_commands.hpp"
#include "commands/identity/user_commands.hpp"
#include "commands/operations/parked_commands.hpp"
#include "commands/organizations/invitation_commands.hpp"
#include "commands/organizations/tenant_commands.hpp"
#include "commands/projects/project_commands.hpp"
#include "commands/projects/task_commands.hpp"
#include "domain/identity/session.hpp"
#include "domain/identity/user.hpp"
#include "domain/operations/parked_queue.hpp"
#include "domain/organizations/invitation.hpp"
#include "domain/organizations/membership.hpp"
#include "domain/organizations/tenant.hpp"
#include "domain/projects/project.hpp"
#include "domain/projects/task.hpp"

#include <algorithm>
#include <array>
#include <vector>

namespace annals {

std::span<const CommandType> all_commands() {
    static const std::vector<CommandType> kTypes = [] {
        std::vector<CommandType> all;
        for (const auto& table :
             {identity::user_commands(), identity::session_commands(), organizations::tenant_commands(),
              organizations::invitation_commands(), projects::project_commands(), projects::task_commands(),
              operations::parked_commands()}) {
            all.insert(all.end(), table.begin(), table.end());
        }
        return all;
    }();
    return kTypes;
}

const CommandType* find_command(std::string_view name) {
    const auto all = all_commands();
    const auto found = std::ranges::find(all, name, &CommandType::name);
    return found == all.end() ? nullptr : &*found;
}

const AggregateType* find_aggregate(std::string_view category) {
    static const std::array kAggregates{
        &aggregate_type<identity::User>(),
        &aggregate_type<identity::Session>(),
        &aggregate_type<organizations::Tenant>(),
        &aggregate_type<organizations::Membership>(),
        &aggregate_type<organizations::Invitation>(),
        &aggregate_type<projects::Project>(),
        &aggregate_type<projects::Task>(),
        &aggregate_type<operations::ParkedQueue>(),
    };
    const auto found = std::ranges::find(kAggregates, category, &AggregateType::category);
    return found == kAggregates.end() ? nullptr : *found;
}

}  // namespace annals
