#pragma once

#include "domain/kernel/decider.hpp"
#include "domain/kernel/ids.hpp"
#include "domain/operations/commands.hpp"
#include "domain/operations/events.hpp"

#include <boost/describe/class.hpp>
#include <string_view>
#include <variant>
#include <vector>

namespace annals::operations {

/// The stream of a projection's parked events in the platform's realm. It follows from the name as
/// checkpoints have it, "projects.task@1": name_uuid() over "parked_queue " and the name.
Uuid parked_queue_id(std::string_view projection);

/// What operators decided about the events that a projection could not apply.
struct ParkedQueue {
    static constexpr std::string_view kCategory = "parked_queue";

    using Event = std::variant<ParkedEventSkipped>;
    struct Place {
        PartitionNumber partition{};
        EventNumber position{};
        friend bool operator==(const Place&, const Place&) = default;
    };
    struct State {
        std::vector<Place> skipped{};
        friend bool operator==(const State&, const State&) = default;
    };

    static State initial() { return {}; }
    static State evolve(State state, const Event& event);

    static Decision<Event> decide(const State& state, const SkipParkedEvent& command);
};
BOOST_DESCRIBE_STRUCT(ParkedQueue::Place, (), (partition, position))
BOOST_DESCRIBE_STRUCT(ParkedQueue::State, (), (skipped))

}  // namespace annals::operations
