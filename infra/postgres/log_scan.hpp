#pragma once

#include "commands/ports/event_store.hpp"
#include "domain/kernel/epochs.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace annals::pg {

/// What a scan reads first.
struct LogOutline {
    std::vector<std::uint64_t> heads;   ///< index = partition
    std::vector<std::uint32_t> epochs;  ///< of what is appended next; index = partition
    EpochHistory history;
};

/// Reads the whole log in one snapshot, by partition and position, and hands over each event. `begin` is told
/// first. Reads through a cursor, so memory stays small however long the log is. Throws std::runtime_error
/// (pqxx's).
void scan_log(
    const std::string& dsn, const std::function<void(const LogOutline&)>& begin,
    const std::function<void(const EventRow&)>& event
);

}  // namespace annals::pg
