#pragma once

#include "commands/kernel/command_type.hpp"

#include <span>

namespace annals::operations {

/// The commands on parked events. They are internal: `annals projections` sends them.
std::span<const CommandType> parked_commands();

}  // namespace annals::operations
