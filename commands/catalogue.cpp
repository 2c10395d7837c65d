#include "commands/catalogue.hpp"

#include "commands/identity/session_commands.hpp"
#include "commands/identity/user_commands.hpp"
#include "commands/organizations/invitation_commands.hpp"
#include "commands/organizations/tenant_commands.hpp"
#include "commands/projects/project_commands.hpp"
#include "commands/projects/task_commands.hpp"

#include <algorithm>
#include <vector>

namespace annals {

std::span<const CommandType> all_commands() {
    static const std::vector<CommandType> kTypes = [] {
        std::vector<CommandType> all;
        for (const auto& table :
             {identity::user_commands(), identity::session_commands(), organizations::tenant_commands(),
              organizations::invitation_commands(), projects::project_commands(),
              projects::task_commands()}) {
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

}  // namespace annals
