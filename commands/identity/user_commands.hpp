#pragma once

#include "commands/kernel/command_type.hpp"

#include <span>

namespace annals::identity {

/// The commands on a person's account.
std::span<const CommandType> user_commands();

}  // namespace annals::identity
