#include "commands/projects/project_commands.hpp"

#include "commands/kernel/command_table.hpp"
#include "commands/organizations/members.hpp"
#include "domain/projects/project.hpp"

#include <array>
#include <vector>

namespace annals::projects {
namespace {

using organizations::Permission;

bool is_member_or_nobody(CommandScope& scope, const std::optional<UserId>& person) {
    return !person || organizations::membership_of(scope, scope.realm(), *person).active;
}

Handled create_project(CommandScope& scope, const CreateProject& command) {
    std::vector<ColumnId> column_ids(Project::column_count(command));
    for (ColumnId& id : column_ids) id = ColumnId{scope.new_id()};
    const CreateProjectFacts facts{
        .column_ids = column_ids, .lead_is_member = is_member_or_nobody(scope, command.lead)
    };
    auto created = scope.append<Project>(Project::decide(scope.load_target<Project>(), command, facts));
    if (!created) return created;
    const ReservationKey key{scope.realm(), "prj.key", command.key.str()};
    if (scope.reservation(key))
        return std::unexpected(reject_duplicate("/key", "another project has the key"));
    scope.reserve(key, {scope.target(), scope.realm()});
    return {};
}

Handled update_project(CommandScope& scope, const UpdateProject& command) {
    const bool lead_is_member = is_member_or_nobody(scope, command.lead.value);
    return scope.append<Project>(Project::decide(scope.load_target<Project>(), command, lead_is_member));
}

Handled archive_project(CommandScope& scope, const ArchiveProject& command) {
    return scope.append<Project>(Project::decide(scope.load_target<Project>(), command));
}

}  // namespace

std::span<const CommandType> project_commands() {
    static const std::array kCommands{
        command_row<Project, &create_project>(
            Target::creates, Access::permission, Permission::project_create
        ),
        command_row<Project, &update_project>(
            Target::existing, Access::permission, Permission::project_manage
        ),
        command_row<Project, &archive_project>(
            Target::existing, Access::permission, Permission::project_manage
        ),
    };
    return kCommands;
}

}  // namespace annals::projects
