#pragma once

#include "commands/ports/event_store.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace annals::pg {

/// A row of log.event as `annals verify` looks at it.
struct ScannedEvent {
    std::uint16_t partition{0};
    std::uint64_t position{0};
    Uuid event_id{};
    TenantId tenant{};
    std::uint64_t tenant_position{0};
    std::string category;
    Uuid stream{};
    StreamVersion version{0};
    std::string type;
    std::string line;
    Digest leaf_hash{};
};

/// Reads the whole log in one snapshot, by partition and position, and hands over each event. `heads` is told
/// first. Reads through a cursor, so memory stays small however long the log is. Throws std::runtime_error
/// (pqxx's).
void scan_log(
    const std::string& dsn, const std::function<void(const std::vector<std::uint64_t>& heads)>& begin,
    const std::function<void(const ScannedEvent&)>& event
);

}  // namespace annals::pg
