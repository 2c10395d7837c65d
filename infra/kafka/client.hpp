#pragma once

#include "infra/kafka/broker.hpp"
#include "infra/kafka/log_sink.hpp"

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// librdkafka's own names, declared here so that rdkafka.h stays in .cpp files.
struct rd_kafka_s;
struct rd_kafka_error_s;
struct rd_kafka_message_s;
struct rd_kafka_queue_s;
struct rd_kafka_topic_partition_list_s;

/// Private to infra/kafka: what every librdkafka instance of ours has in common.
namespace annals::kafka {

enum class ClientType { producer, consumer };

using Setting = std::pair<const char*, std::string>;

/// What the callbacks of one instance write to. It must outlive the instance and stay at its address.
struct ClientContext {
    explicit ClientContext(LogSink sink) : log(std::move(sink)) {}
    virtual ~ClientContext() = default;
    ClientContext(const ClientContext&) = delete;
    ClientContext& operator=(const ClientContext&) = delete;

    /// A delivery report, on the thread that polls or flushes. Only producers get one.
    virtual void on_delivery(const rd_kafka_message_s&) {}

    /// False while the same error was logged a moment ago.
    bool may_log_error(int code);

    LogSink log;
    std::atomic<std::uint64_t> errors_total{0};  ///< what the error callback was told, transient or not
    std::atomic<bool> all_brokers_down{false
    };  ///< set by the error callback; whoever hears a broker resets it

private:
    std::atomic<int> last_error_{0};
    std::atomic<std::int64_t> quiet_until_ms_{0};
};

struct ClientDeleter {
    void operator()(rd_kafka_s* client) const;
};
struct ErrorDeleter {
    void operator()(rd_kafka_error_s* error) const;
};
struct MessageDeleter {
    void operator()(rd_kafka_message_s* message) const;
};
struct QueueDeleter {
    void operator()(rd_kafka_queue_s* queue) const;
};
struct PartitionListDeleter {
    void operator()(rd_kafka_topic_partition_list_s* list) const;
};
using ClientHandle = std::unique_ptr<rd_kafka_s, ClientDeleter>;
using ErrorHandle = std::unique_ptr<rd_kafka_error_s, ErrorDeleter>;
using MessageHandle = std::unique_ptr<rd_kafka_message_s, MessageDeleter>;
using QueueHandle = std::unique_ptr<rd_kafka_queue_s, QueueDeleter>;
using PartitionListHandle = std::unique_ptr<rd_kafka_topic_partition_list_s, PartitionListDeleter>;

/// Creates an instance with the given settings on top of those that all of ours share. Throws
/// std::runtime_error when a setting is refused: that is our mistake or a wrong address, never a broker that
/// is away.
ClientHandle make_client(
    ClientType type, const BrokerAddress& broker, const std::vector<Setting>& settings, ClientContext& context
);

/// Settings of every reader of ours: only committed records, never a silent jump to another offset.
std::vector<Setting> reader_settings(std::string group_id);

/// How many partitions the broker says the topic has, or why that cannot be said (transient). Asking also
/// primes the instance's metadata, without which a producer's first batch waits about a second.
struct PartitionCount {
    std::int32_t count{0};  ///< 0 when unknown
    std::string problem;    ///< why it is unknown
};
PartitionCount partition_count(rd_kafka_s* client, std::string_view topic, int timeout_ms);

/// The decimal value of the header `position`; nothing when it is missing, repeated or not a position.
std::optional<std::uint64_t> position_of(const rd_kafka_message_s& message);

/// The header `epoch`: that of the log when the record was published; 1 when it has none.
std::uint32_t epoch_of(const rd_kafka_message_s& message);

/// "name: explanation" of a librdkafka error.
std::string describe(const rd_kafka_error_s& error);

}  // namespace annals::kafka
