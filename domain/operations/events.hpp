#pragma once

#include "domain/contract/docs.hpp"
#include "domain/kernel/ids.hpp"
#include "domain/operations/values.hpp"

#include <array>
#include <boost/describe/class.hpp>
#include <cstdint>
#include <string>
#include <string_view>

// These structs are stored for ever: never rename or reshape one. A change is a new schema version and an
// upcaster.
namespace annals::operations {

struct ParkedEventSkipped {
    static constexpr std::string_view kType = "ops.ParkedEventSkipped";
    static constexpr std::uint16_t kSchemaVersion = 1;
    ProjectionName projection{};
    PartitionNumber partition{};
    EventNumber position{};
    Uuid stream_id{};
    std::string event_type{};
    OperatorReason reason{};
    friend bool operator==(const ParkedEventSkipped&, const ParkedEventSkipped&) = default;
};
BOOST_DESCRIBE_STRUCT(
    ParkedEventSkipped, (), (projection, partition, position, stream_id, event_type, reason)
)
constexpr auto contract_docs(const ParkedEventSkipped*) {
    return std::array{
        contract::FieldDoc{"projection", "the projection and its version that go on without the event"},
        contract::FieldDoc{"partition", "the partition of the log the skipped event is in"},
        contract::FieldDoc{"position", "the number of the skipped event within its partition"},
        contract::FieldDoc{"stream_id", "the stream the skipped event belongs to"},
        contract::FieldDoc{"event_type", "the type of the skipped event; empty when it cannot be read"},
        contract::FieldDoc{"reason", "why the operator gave the event up"},
    };
}

}  // namespace annals::operations
