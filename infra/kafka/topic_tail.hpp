#pragma once

#include "infra/kafka/broker.hpp"
#include "infra/kafka/log_sink.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace annals::kafka {

/// The partition holds no committed record. `never_written` tells a partition that is new from one that only
/// ever carried aborted transactions; both mean "go on at position 1".
struct TailEmpty {
    bool never_written{true};
};

/// The last committed record.
struct TailRecord {
    std::uint64_t position{0};
    std::uint32_t epoch{1};  ///< of the log when it was published
    std::string line;
};

/// The last position cannot be known, and guessing would repeat or lose events.
struct TailUnknown {
    std::string reason;
};

using Tail = std::variant<TailEmpty, TailRecord, TailUnknown>;

/// Reads where each partition of the topic ends, as a reader of committed records sees it; index = partition.
/// The caller must have fenced other writers first (init_transactions), because an open transaction hides
/// what follows it. One consumer serves all partitions. Throws std::runtime_error when the broker does not
/// answer within a bounded time, or when a stop is requested meanwhile.
std::vector<Tail> read_topic_tails(
    const BrokerAddress& broker, std::string_view topic, std::uint16_t partitions, LogSink log,
    std::function<bool()> stop_requested = [] { return false; }
);

}  // namespace annals::kafka
