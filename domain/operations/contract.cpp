#include "domain/operations/contract.hpp"

#include "domain/contract/describe.hpp"
#include "domain/operations/commands.hpp"
#include "domain/operations/events.hpp"
#include "domain/operations/parked_queue.hpp"

#include <array>

namespace annals::operations {

std::span<const contract::EventType> events() {
    static const std::array kEvents{contract::event<ParkedEventSkipped>(ParkedQueue::kCategory)};
    return kEvents;
}

std::span<const contract::CommandShape> commands() {
    static const std::array kCommands{contract::command<SkipParkedEvent>()};
    return kCommands;
}

std::span<const contract::StateShape> states() {
    static const std::array kStates{contract::state<ParkedQueue>()};
    return kStates;
}

}  // namespace annals::operations
