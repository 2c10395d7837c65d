#pragma once

#include "domain/contract/docs.hpp"
#include "domain/kernel/ids.hpp"
#include "domain/operations/values.hpp"

#include <array>
#include <boost/describe/class.hpp>
#include <string>
#include <string_view>

namespace annals::operations {

/// Internal: `annals projections skip` has seen that the event is parked at the front of its stream.
struct SkipParkedEvent {
    static constexpr std::string_view kType = "ops.SkipParkedEvent";
    ProjectionName projection{};
    PartitionNumber partition{};
    EventNumber position{};
    Uuid stream_id{};
    std::string event_type{};
    OperatorReason reason{};
};
BOOST_DESCRIBE_STRUCT(SkipParkedEvent, (), (projection, partition, position, stream_id, event_type, reason))
constexpr auto contract_docs(const SkipParkedEvent*) {
    return std::array{
        contract::FieldDoc{"projection", "the projection and its version that shall go on without the event"},
        contract::FieldDoc{"partition", "the partition of the log the event is in"},
        contract::FieldDoc{"position", "the number of the event within its partition"},
        contract::FieldDoc{"stream_id", "the stream the event belongs to"},
        contract::FieldDoc{"event_type", "the type of the event; empty when it cannot be read"},
        contract::FieldDoc{"reason", "why the event is given up"},
    };
}

}  // namespace annals::operations
