#pragma once

#include "infra/kafka/topic_reader.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace annals::kafka {

enum class TopicState {
    equal,      ///< the same events, once each, in order, byte for byte
    behind,     ///< the beginning of the log; normal while the system runs
    ahead,      ///< holds positions that the log does not have
    diverging,  ///< holds another event than the log
    repeated,   ///< holds a position twice in one epoch
    gap,        ///< lacks a position before its end
    malformed,  ///< holds a record without a valid position
};
[[nodiscard]] std::string_view to_string(TopicState state);

struct PartitionCheck {
    TopicState state{TopicState::equal};
    std::uint64_t topic{0};       ///< the last position it holds, superseded ones left out
    std::uint64_t log{0};         ///< the log's head, read after the topic's end
    std::uint64_t superseded{0};  ///< records that a raised epoch has overtaken
    std::uint64_t position{0};    ///< where it is not as it must be; 0: nowhere, or at no position
};

/// The records of one partition in the order of their offsets, against the log. A record of a higher epoch
/// than the one before it overtakes all records from its position on. Memory does not grow with the topic.
class PartitionComparison {
public:
    /// `epoch` is the log's: at the end of the topic, records of an older one that do not agree with the log
    /// are superseded already.
    PartitionComparison(LogPages& log, std::uint16_t partition, std::uint64_t head, std::uint32_t epoch);

    void take(const TopicRecord& record);
    [[nodiscard]] PartitionCheck finish();

private:
    void rewind(std::uint64_t position);
    void note(TopicState state, std::uint64_t position);

    LogCursor log_;
    std::uint64_t head_;
    std::uint32_t log_epoch_;
    std::uint32_t epoch_{1};
    std::uint64_t held_{0};
    std::uint64_t superseded_{0};
    /// The first position from which on topic and log differ; within one epoch they never meet again.
    std::optional<std::uint64_t> differs_;
    /// What a later epoch cannot mend.
    std::optional<PartitionCheck> damage_;
};

using CheckProgress = std::function<void(std::uint64_t done, std::uint64_t of)>;

/// Compares every partition of a topic with the log as a reader of committed records sees it; index =
/// partition. May run while events are appended and published. Throws std::runtime_error when topic and log
/// have another number of partitions, and when broker or log fail.
std::vector<PartitionCheck> check_topic(TopicReader& topic, LogPages& log, const CheckProgress& progress);

/// One line: "equal", "behind by 3", "diverging at position 7", each with what was superseded.
[[nodiscard]] std::string describe(const PartitionCheck& check);

}  // namespace annals::kafka
