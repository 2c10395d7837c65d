#pragma once

#include "commands/kernel/command_type.hpp"

#include <span>

namespace annals::organizations {

/// The commands on invitations.
std::span<const CommandType> invitation_commands();

}  // namespace annals::organizations
