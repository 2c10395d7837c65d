#pragma once

#include "commands/kernel/command_type.hpp"

#include <span>

namespace annals::projects {

/// The commands on tasks.
std::span<const CommandType> task_commands();

}  // namespace annals::projects
