#pragma once

#include "infra/kafka/broker.hpp"
#include "infra/kafka/log_sink.hpp"
#include "infra/kafka/relay_log.hpp"
#include "infra/kafka/relay_status.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

namespace annals::kafka {

struct RelaySettings {
    BrokerAddress broker;
    std::string topic{kEventsTopic};
    std::uint16_t partitions{8};  ///< those of the log; the topic must have as many
    /// Names the lease and, with the topic, the transactional.id. All processes that publish one log to one
    /// topic must use the same name, or they do not exclude each other.
    std::string group{"all"};
    /// transaction.timeout.ms: how long readers of committed records may be kept from going on by a leader
    /// that died with an open transaction and has no successor.
    std::chrono::milliseconds transaction_timeout{kTransactionTimeout};
};

/// Publishes the log to the topic: each position once, in order, for ever, whatever crashes. There is no
/// "published" flag that could fall out of step; each new leader reads where the topic ends and goes on
/// behind it.
///
/// A failure of broker or log ends the session: the producer is destroyed, and after a bounded, jittered
/// pause the relay takes the lease again, fences its predecessor and reads the topic's end anew. A topic that
/// does not continue the log (ahead of it, different, or without any record to tell) is refused per partition
/// and shown in the status, until the log's epoch is raised: then it goes on by itself behind the last event
/// that both have, in the same topic, and the header `epoch` tells readers that what the topic held from
/// there on is superseded. With the embedded broker the lease excludes nobody, because that broker belongs to
/// this process alone, and only the last few thousand events of each partition are refilled.
class Relay {
public:
    /// `log` must outlive the relay and is used by the relay's thread only.
    Relay(RelaySettings settings, RelayLog& log, LogSink sink);
    /// Stops.
    ~Relay();
    Relay(const Relay&) = delete;
    Relay& operator=(const Relay&) = delete;

    void start();
    /// Finishes or takes back the running transaction and joins the thread; a broker that is away delays this
    /// by about 2 s at most, or, while a topic is compared with a restored log, until that gives up. May be
    /// called more than once.
    void stop();

    /// Says that the log has grown. Cheap, never blocks, any thread. Without it the relay looks every 20 ms,
    /// which is how it sees what other processes append.
    void notify() noexcept;

    [[nodiscard]] RelayStatus status() const;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace annals::kafka
