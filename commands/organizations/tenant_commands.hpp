#pragma once

#include "commands/kernel/command_type.hpp"

#include <span>

namespace annals::organizations {

/// The commands on organizations.
std::span<const CommandType> tenant_commands();

}  // namespace annals::organizations
