#pragma once

#include "infra/kafka/broker.hpp"
#include "infra/kafka/log_sink.hpp"
#include "infra/kafka/relay_log.hpp"

#include <chrono>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <string>

namespace annals::kafka {

enum class ProducerFailure {
    fenced,     ///< a newer producer of this transactional.id took over: this one is no longer the leader
    fatal,      ///< librdkafka gave the instance up
    transient,  ///< broker away, time-out, delivery failed: what was not committed may or may not be in the
                ///< topic
    stopped,    ///< the stop request came before the broker's answer
};

struct ProducerError {
    ProducerFailure kind{ProducerFailure::transient};
    std::string message;
};

using ProducerResult = std::expected<void, ProducerError>;

struct ProducerSettings {
    BrokerAddress broker;
    std::string topic;
    std::uint16_t partitions{0};
    std::string transactional_id;  ///< used with a real broker only
    /// After it the broker takes back a transaction whose producer is gone.
    std::chrono::milliseconds transaction_timeout{kTransactionTimeout};
};

/// Writes events to the topic. With a real broker each begin()..commit() is one transaction; only the return
/// of commit() says that the events are in the topic. With the embedded broker, which only pretends to know
/// transactions, it is an idempotent producer and commit() waits for every delivery report.
///
/// After any error the instance is spent: destroy it, and let a new one read the topic's tail. Going on would
/// leave a hole (a failed delivery is followed by the next event) or write twice. The destructor aborts an
/// open transaction where that is possible. One thread at a time.
class EventProducer {
public:
    /// `stop_requested` is asked between waits, so that a stop does not wait for a broker that is away.
    EventProducer(ProducerSettings settings, LogSink log, std::function<bool()> stop_requested);
    ~EventProducer();
    EventProducer(const EventProducer&) = delete;
    EventProducer& operator=(const EventProducer&) = delete;

    /// Primes the metadata and, with a real broker, fences every older producer of this transactional.id and
    /// settles its open transaction. The topic's tail must be read after this, not before.
    ProducerResult init();

    ProducerResult begin();
    /// Queues one event; blocks (bounded) while the queue is full.
    ProducerResult produce(std::uint16_t partition, const LogRecord& record);
    ProducerResult commit();
    /// Takes back what was produced since begin(); does nothing without a transaction.
    void abort();

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace annals::kafka
