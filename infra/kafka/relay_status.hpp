#pragma once

#include "infra/kafka/broker.hpp"

#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace annals::kafka {

enum class RelayPhase {
    stopped,
    starting,    ///< asking the broker and reading where the topic ends
    standby,     ///< another process leads this group
    publishing,  ///< leads; single partitions may still be refused
    retrying,    ///< broker or log failed, or the topic as a whole is refused; tries again by itself
};

enum class RelayPartitionState {
    unknown,    ///< this process has not looked yet, or does not lead
    refilling,  ///< publishes what the topic lacked when this leader started
    current,    ///< the topic holds all that the log held when this leader started, and follows it
    refused,    ///< the topic does not continue the log; nothing is published until a person has decided
};

[[nodiscard]] std::string_view to_string(RelayPhase phase);
[[nodiscard]] std::string_view to_string(RelayPartitionState state);

struct RelayPartitionStatus {
    RelayPartitionState state{RelayPartitionState::unknown};
    std::uint64_t published{0};  ///< position of the last event known to be in the topic
    std::uint64_t head{0};       ///< position of the last event in the log when last asked
    std::string message;         ///< why it is refused
};

/// For /readyz?verbose and the metrics.
struct RelayStatus {
    BrokerKind broker{BrokerKind::real};
    RelayPhase phase{RelayPhase::stopped};
    std::string message;     ///< what is being waited for; empty while all is well
    std::uint32_t epoch{1};  ///< of the log when it was last looked at
    std::vector<RelayPartitionStatus> partitions;
    std::uint64_t records_total{0};   ///< published by this process
    std::uint64_t commits_total{0};   ///< transactions, or flushed batches with the embedded broker
    std::uint64_t failures_total{0};  ///< sessions that ended in an error
    std::uint64_t fenced_total{0};    ///< of these: because another leader took over

    /// Set while a transaction waits for the broker's answer, which librdkafka hides through a broker's
    /// restart.
    std::optional<std::chrono::steady_clock::time_point> commit_since;

    /// Takes note of where the log's partitions end.
    void see(const std::vector<std::uint64_t>& heads);
    /// Events of the log that are not in the topic, as far as this process knows; a standby does not.
    [[nodiscard]] std::uint64_t behind() const;
    /// How long the broker has owed the running commit its answer; a few milliseconds are normal.
    [[nodiscard]] std::chrono::milliseconds unanswered() const;
    /// Nothing waits for a person and nothing is broken; a standby is healthy.
    [[nodiscard]] bool healthy() const;
};

/// The relay's thread writes, anyone reads a copy.
class RelayStatusBoard {
public:
    template <class Change>
    void update(Change change) {
        const std::scoped_lock lock(mutex_);
        change(status_);
    }
    [[nodiscard]] RelayStatus snapshot() const {
        const std::scoped_lock lock(mutex_);
        return status_;
    }

private:
    mutable std::mutex mutex_;
    RelayStatus status_;
};

}  // namespace annals::kafka
