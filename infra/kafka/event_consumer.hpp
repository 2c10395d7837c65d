#pragma once

#include "infra/kafka/broker.hpp"
#include "infra/kafka/log_sink.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace annals::kafka {

struct ConsumedRecord {
    std::uint16_t partition{0};
    std::uint64_t position{0};  ///< from the header; the log's position, which is what counts
    std::int64_t offset{0};     ///< Kafka's; transactions leave gaps, so a position never follows from it
    std::string line;
};

/// Where to go on in one partition. A projector stores (position, offset) of the last record it applied and
/// gives offset + 1; without a stored offset reading starts at the oldest record that the topic still holds.
struct ConsumerStart {
    std::uint16_t partition{0};
    std::optional<std::int64_t> next_offset;
};

struct PollResult {
    std::vector<ConsumedRecord> records;  ///< in order per partition
    /// Partitions whose next offset is not in the topic: removed (the embedded broker drops the oldest) or
    /// never there (a new broker). Nothing more comes from them until restart(); the caller fills the gap
    /// from the log.
    std::vector<std::uint16_t> offset_gone;
};

struct ConsumerSettings {
    BrokerAddress broker;
    std::string topic{kEventsTopic};
    std::string name;  ///< shown in the broker's logs; no consumer group is joined
};

/// Reads committed events for a projector from partitions that it was given, without a consumer group.
/// Delivery is at least once: after a restart, a refill or a new broker records come again, so the caller
/// drops positions that it has and fills missing ones from the log. A broker that is away is logged and
/// counted, and poll() just finds nothing. One thread at a time, except wake() and the counters.
class EventConsumer {
public:
    EventConsumer(ConsumerSettings settings, LogSink log);
    ~EventConsumer();
    EventConsumer(const EventConsumer&) = delete;
    EventConsumer& operator=(const EventConsumer&) = delete;

    /// Replaces the whole assignment; an empty list stops reading. Takes up to 1 s when the broker is away.
    void assign(const std::vector<ConsumerStart>& starts);
    /// Goes on in one assigned partition elsewhere, after `offset_gone` or after a jump in the log. What was
    /// fetched ahead for the other partitions is fetched again, so this is for rare events.
    void restart(ConsumerStart start);

    /// Waits up to `wait` for the first record, then takes what is there: at most `records_max`, and none
    /// after `bytes_max` bytes of lines are reached. A record without a valid position is left out, logged
    /// and counted.
    PollResult poll(std::size_t records_max, std::size_t bytes_max, std::chrono::milliseconds wait);

    /// Makes the running or the next poll() return at once. Any thread.
    void wake();

    /// No broker could be reached since the last record came. Stays true on an idle topic until probe().
    [[nodiscard]] bool broker_away() const;
    /// Asks the broker, for at most `limit`, when it seems to be away.
    void probe(std::chrono::milliseconds limit);

    [[nodiscard]] std::uint64_t errors_total() const;     ///< broker errors, nearly all of them transient
    [[nodiscard]] std::uint64_t malformed_total() const;  ///< records left out

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace annals::kafka
