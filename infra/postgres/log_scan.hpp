#pragma once

#include "commands/ports/event_store.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace annals::pg {

/// Reads the whole log in one snapshot, by partition and position, and hands over each event. `heads` is told
/// first. Reads through a cursor, so memory stays small however long the log is. Throws std::runtime_error
/// (pqxx's).
void scan_log(
    const std::string& dsn, const std::function<void(const std::vector<std::uint64_t>& heads)>& begin,
    const std::function<void(const EventRow&)>& event
);

}  // namespace annals::pg
