#pragma once

#include "domain/kernel/ids.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace annals::kafka {

/// One event as the log stores it.
struct LogRecord {
    std::uint64_t position{0};  ///< dense from 1 within its partition
    Uuid stream_id;
    Uuid tenant_id;
    Uuid event_id;
    std::string type;         ///< the wire type, for example "prj.TaskMoved"
    std::string line;         ///< the CloudEvents line, the bytes that were hashed
    std::string traceparent;  ///< W3C trace context of the command; may be empty
};

/// What the relay needs from the event log. Called from the relay's thread only.
///
/// Leadership belongs to a connection. A method other than acquire_leadership() that finds its connection
/// broken must throw and must not reconnect behind the relay's back, because the lock is gone with the
/// connection; the relay then starts over with acquire_leadership(), which may connect again. It is always
/// the first call. Every failure is an exception.
class RelayLog {
public:
    virtual ~RelayLog() = default;

    /// The position of the last committed event of each partition (0 = none); the index is the partition.
    /// Asked about 50 times a second when idle, so it should be one cheap query.
    virtual std::vector<std::uint64_t> heads() = 0;

    /// The events after position `after`, in order and without gaps: at most `limit` of them, and no further
    /// one once `bytes_max` bytes of lines are reached (so at least one, if there is one).
    virtual std::vector<LogRecord> read(
        std::uint16_t partition, std::uint64_t after, std::size_t limit, std::size_t bytes_max
    ) = 0;

    /// Takes the lease of `group`, or answers false when another leader lives. Repeating it while holding the
    /// lease answers true.
    virtual bool acquire_leadership(const std::string& group) = 0;
};

}  // namespace annals::kafka
