#pragma once

#include "commands/kernel/command_type.hpp"

#include <span>

namespace annals::identity {

/// The commands on a person's sessions.
std::span<const CommandType> session_commands();

}  // namespace annals::identity
