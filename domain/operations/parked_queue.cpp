#include "domain/operations/parked_queue.hpp"

#include "domain/kernel/name_uuid.hpp"
#include "domain/kernel/overloaded.hpp"

#include <algorithm>
#include <string>

namespace annals::operations {

static_assert(Decider<ParkedQueue>);

Uuid parked_queue_id(std::string_view projection) {
    return name_uuid("parked_queue " + std::string(projection));
}

ParkedQueue::State ParkedQueue::evolve(State state, const Event& event) {
    std::visit(
        Overloaded{
            [&](const ParkedEventSkipped& skipped) {
                state.skipped.push_back({skipped.partition, skipped.position});
            },
        },
        event
    );
    return state;
}

Decision<ParkedQueue::Event> ParkedQueue::decide(const State& state, const SkipParkedEvent& command) {
    const Place place{command.partition, command.position};
    if (std::ranges::find(state.skipped, place) != state.skipped.end()) return std::vector<Event>{};
    return {{ParkedEventSkipped{
        .projection = command.projection,
        .partition = command.partition,
        .position = command.position,
        .stream_id = command.stream_id,
        .event_type = command.event_type,
        .reason = command.reason,
    }}};
}

}  // namespace annals::operations
