#pragma once

#include "commands/ports/event_store.hpp"
#include "infra/kafka/relay_log.hpp"

#include <deque>
#include <memory>
#include <mutex>
#include <vector>

namespace annals::kafka {

/// What this process appended a moment ago, so that its relay need not read it back from PostgreSQL. (That
/// reading was 6 % of what a command costs.) Holds only events that are durable, and forgets them all when
/// the relay falls so far behind that they would fill memory: the log has them. Thread-safe.
class FreshLines {
public:
    /// Of all lines that are held.
    static constexpr std::size_t kBytesMax = 16U << 20U;

    /// Takes durable events, in the order of their positions in each partition. Nothing unless open.
    void add(std::vector<EventRow> events) noexcept;
    /// The events after a position as LogPages::read answers them, as far as they are held without a gap;
    /// maybe none. They are held no longer.
    std::vector<LogRecord> take(
        std::uint16_t partition, std::uint64_t after, std::size_t limit, std::size_t bytes_max
    );
    /// From now on events are held.
    void open();
    /// Forgets everything and holds nothing more.
    void close();

private:
    std::vector<EventRow> pop(
        std::uint16_t partition, std::uint64_t after, std::size_t limit, std::size_t bytes_max
    );
    void forget() noexcept;

    std::mutex mutex_;
    bool open_{false};
    std::size_t bytes_{0};
    std::vector<std::deque<EventRow>> partitions_;
};

/// A log that is read from `fresh` first. Holds fresh lines only while it leads: a log that was restored
/// under a running relay ends its session, and with it everything that was taken from the log before.
std::unique_ptr<RelayLog> make_fresh_first_log(std::unique_ptr<RelayLog> log, FreshLines& fresh);

}  // namespace annals::kafka
