#pragma once

#include "infra/kafka/event_producer.hpp"
#include "infra/kafka/relay.hpp"
#include "infra/kafka/relay_log.hpp"
#include "infra/kafka/relay_status.hpp"
#include "infra/kafka/topic_tail.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

/// Private to infra/kafka: one term of leadership, from fencing the predecessor to the first failure.
namespace annals::kafka {

/// Ends a session; caught once, in the relay's loop, which starts the next one.
class RelaySessionEnded : public std::runtime_error {
public:
    RelaySessionEnded(ProducerFailure kind, const std::string& message)
        : std::runtime_error(message), kind_(kind) {}
    [[nodiscard]] ProducerFailure kind() const { return kind_; }

private:
    ProducerFailure kind_;
};

class RelaySession {
public:
    RelaySession(
        const RelaySettings& settings, RelayLog& log, RelayStatusBoard& board, const LogSink& sink,
        const std::function<bool()>& stop_requested
    );

    /// Checks the topic, fences older leaders and finds out where each partition goes on. Throws.
    void open();

    enum class Round { idle, published, behind, epoch_raised };
    /// Publishes what the log has beyond the topic, in one transaction bounded by time. `behind` means that
    /// more is known to wait; `epoch_raised`, that where partitions go on has to be found out anew, by
    /// another session. Throws when broker or log fail; the session must then be destroyed.
    Round publish_round();

private:
    struct Partition {
        std::uint64_t published{0};
        std::uint64_t refill_until{0};  ///< the head when this session began
        std::uint32_t epoch{1};         ///< at least that of the topic's last record, so that it never falls
        bool refused{false};
    };

    void check_topic();
    void resume(std::uint16_t partition, const Tail& tail, std::uint64_t head);
    void resume_after(std::uint16_t partition, const TailRecord& tail, std::uint64_t head);
    void start_empty(std::uint16_t partition, std::uint64_t head);
    void supersede(std::uint16_t partition, const TailRecord& tail, std::uint64_t head);
    void refuse_history(
        std::uint16_t partition, std::string_view code, const TailRecord& tail, std::string_view what
    );
    void refuse(std::uint16_t partition, std::string_view code, std::string message);
    LogEnd read_end();
    bool produce_chunk(std::uint16_t partition, std::uint64_t& sent);
    void produce_until_deadline(const std::vector<std::uint64_t>& heads, std::vector<std::uint64_t>& sent);
    void report(const std::vector<std::uint64_t>& heads, std::uint64_t records);
    void report_progress(const std::vector<std::uint64_t>& heads);
    [[nodiscard]] bool lags(
        std::size_t partition, const std::vector<std::uint64_t>& heads, const std::vector<std::uint64_t>& sent
    ) const {
        return !partitions_[partition].refused && sent[partition] < heads[partition];
    }
    [[nodiscard]] std::vector<std::uint64_t> published() const;
    [[nodiscard]] std::string place(std::uint16_t partition) const;

    const RelaySettings& settings_;
    RelayLog& log_;
    RelayStatusBoard& board_;
    const LogSink& sink_;
    const std::function<bool()>& stop_requested_;
    EventProducer producer_;
    std::vector<Partition> partitions_;
    std::size_t next_partition_{0};  ///< where the next round starts, so that a busy partition starves nobody
    std::chrono::steady_clock::time_point next_progress_;
    std::uint32_t epoch_{1};  ///< of the log when this session began
    bool refilling_{false};
};

}  // namespace annals::kafka
