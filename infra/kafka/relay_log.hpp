#pragma once

#include "domain/kernel/epochs.hpp"
#include "domain/kernel/ids.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace annals::kafka {

/// One event as the log stores it.
struct LogRecord {
    std::uint64_t position{0};  ///< dense from 1 within its partition
    std::uint32_t epoch{1};     ///< the log's when it was appended, as the line says
    Uuid stream_id;
    Uuid tenant_id;
    Uuid event_id;
    std::string type;         ///< the wire type, for example "prj.TaskMoved"
    std::string line;         ///< the CloudEvents line, the bytes that were hashed
    std::string traceparent;  ///< W3C trace context of the command; may be empty
};

/// Epoch and trace context are found in the line.
LogRecord log_record(
    std::uint64_t position, const Uuid& stream, const Uuid& tenant, const Uuid& event, std::string type,
    std::string line
);

/// The lines of the log. Every failure is an exception.
class LogPages {
public:
    virtual ~LogPages() = default;

    /// Asked about 50 times a second by an idle relay, so it should be one cheap query.
    virtual LogEnd end() = 0;
    /// The events after position `after`, in order: at most `limit` of them, and no further one once
    /// `bytes_max` bytes of lines are reached (so at least one, if there is one). A damaged log has gaps; the
    /// caller looks for them.
    virtual std::vector<LogRecord> read(
        std::uint16_t partition, std::uint64_t after, std::size_t limit, std::size_t bytes_max
    ) = 0;
};

/// What the relay needs from the event log. Called from the relay's thread only.
///
/// Leadership belongs to a connection. A method other than acquire_leadership() that finds its connection
/// broken must throw and must not reconnect behind the relay's back, because the lock is gone with the
/// connection; the relay then starts over with acquire_leadership(), which may connect again. It is always
/// the first call.
class RelayLog : public LogPages {
public:
    /// Takes the lease of `group`, or answers false when another leader lives. Repeating it while holding the
    /// lease answers true.
    virtual bool acquire_leadership(const std::string& group) = 0;
    /// Gives the lease back at once, for a clean stop; the connection's end would do so later.
    virtual void resign() noexcept = 0;
};

}  // namespace annals::kafka
