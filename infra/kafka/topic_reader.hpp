#pragma once

#include "infra/kafka/broker.hpp"
#include "infra/kafka/log_sink.hpp"
#include "infra/kafka/relay_log.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

namespace annals::kafka {

struct TopicRecord {
    std::uint64_t position{0};  ///< 0: it has no valid position header
    std::uint32_t epoch{1};     ///< of the log when it was published
    std::int64_t offset{0};
    std::string_view line;  ///< valid during the call that hands it over
};

/// Reads stretches of a topic's partitions as a reader of committed records sees them. One thread; memory is
/// bounded by what librdkafka fetches ahead. Throws std::runtime_error when the broker does not answer in
/// time.
class TopicReader {
public:
    /// Offsets: the oldest that is kept, and the one after the last that is committed.
    struct Range {
        std::int64_t low{0};
        std::int64_t high{0};
    };

    TopicReader(const BrokerAddress& broker, std::string_view topic, LogSink log);
    ~TopicReader();
    TopicReader(const TopicReader&) = delete;
    TopicReader& operator=(const TopicReader&) = delete;

    /// Throws when the topic does not exist or its partitions are not known.
    [[nodiscard]] std::uint16_t partitions();
    [[nodiscard]] Range range(std::uint16_t partition);
    void read(std::uint16_t partition, Range range, const std::function<void(const TopicRecord&)>& take);

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

/// Single lines of one partition of the log, asked for mostly in order; holds a page of them.
class LogCursor {
public:
    LogCursor(LogPages& log, std::uint16_t partition, std::uint64_t head)
        : log_(log), partition_(partition), head_(head) {}

    /// Null beyond the head that was given. Throws when the log does not return what it must have.
    const LogRecord* at(std::uint64_t position);
    /// Whether the log has this very line at the record's position.
    bool has(const TopicRecord& record);

private:
    LogPages& log_;
    std::uint16_t partition_;
    std::uint64_t head_;
    std::vector<LogRecord> page_;
};

/// The last position up to which topic and log hold the same, when the topic went on differently; 0: none.
/// Reads the topic backwards. Throws std::runtime_error, also when the topic's oldest records were removed
/// and none of the others is the log's.
std::uint64_t last_common_position(
    TopicReader& topic, std::uint16_t partition, LogPages& log, std::uint64_t head
);

}  // namespace annals::kafka
