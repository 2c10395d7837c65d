#include "commands/operations/parked_commands.hpp"

#include "commands/kernel/command_table.hpp"
#include "domain/operations/parked_queue.hpp"

#include <array>

namespace annals::operations {
namespace {

Handled skip_parked_event(CommandScope& scope, const SkipParkedEvent& command) {
    return scope.append<ParkedQueue>(ParkedQueue::decide(scope.load_target<ParkedQueue>(), command));
}

}  // namespace

std::span<const CommandType> parked_commands() {
    // The stream follows from the projection's name, so the first skip makes it and later ones find it.
    static const std::array kCommands{
        command_row<ParkedQueue, &skip_parked_event>(Target::creates, Access::internal),
    };
    return kCommands;
}

}  // namespace annals::operations
