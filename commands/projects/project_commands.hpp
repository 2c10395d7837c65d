#pragma once

#include "commands/kernel/command_type.hpp"

#include <span>

namespace annals::projects {

/// The commands on projects.
std::span<const CommandType> project_commands();

}  // namespace annals::projects
