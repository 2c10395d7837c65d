#include "infra/kafka/topic_admin.hpp"

#include "infra/kafka/client.hpp"

#include <array>
#include <chrono>
#include <fmt/format.h>
#include <librdkafka/rdkafka.h>
#include <map>
#include <optional>

namespace annals::kafka {
namespace {

using namespace std::chrono_literals;

constexpr int kRequestTimeoutMs = 5'000;
/// Waits are cut into slices of this length, to see a stop request in between.
constexpr int kSliceMs = 250;
/// A topic is known to the broker a moment after it was created.
constexpr std::chrono::seconds kCreatedVisibleMax{5};
constexpr int kCreatedVisiblePauseMs = 50;
constexpr std::size_t kErrorTextBytes = 512;

constexpr std::array<std::pair<const char*, const char*>, 3> kRequired{{
    {"retention.ms", "-1"},
    {"retention.bytes", "-1"},
    {"cleanup.policy", "delete"},
}};

using TopicConfig = std::map<std::string, std::string>;
using StopRequested = std::function<bool()>;
using EventHandle = std::unique_ptr<rd_kafka_event_t, decltype(&rd_kafka_event_destroy)>;

struct ConfigAnswer {
    rd_kafka_resp_err_t error{RD_KAFKA_RESP_ERR_NO_ERROR};
    std::string message;
    TopicConfig config;
};

class Admin {
public:
    Admin(rd_kafka_t* client, std::string topic, const StopRequested& stop_requested)
        : client_(client),
          topic_(std::move(topic)),
          stop_requested_(stop_requested),
          queue_(rd_kafka_queue_new(client)) {}

    ConfigAnswer read_config() {
        rd_kafka_ConfigResource_t* resource =
            rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic_.c_str());
        const auto options = request_options(RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS);
        rd_kafka_DescribeConfigs(client_, &resource, 1, options.get(), queue_.get());
        rd_kafka_ConfigResource_destroy(resource);
        const EventHandle event = wait();
        if (!event) return {RD_KAFKA_RESP_ERR__TIMED_OUT, "no answer", {}};
        if (const auto error = rd_kafka_event_error(event.get()); error != RD_KAFKA_RESP_ERR_NO_ERROR) {
            return {error, rd_kafka_event_error_string(event.get()), {}};
        }
        std::size_t count = 0;
        const auto* result = rd_kafka_event_DescribeConfigs_result(event.get());
        const auto** resources = rd_kafka_DescribeConfigs_result_resources(result, &count);
        if (count != 1) return {RD_KAFKA_RESP_ERR__BAD_MSG, "answer without the topic", {}};
        if (const auto error = rd_kafka_ConfigResource_error(resources[0]);
            error != RD_KAFKA_RESP_ERR_NO_ERROR) {
            return {error, rd_kafka_ConfigResource_error_string(resources[0]), {}};
        }
        ConfigAnswer answer;
        const auto** entries = rd_kafka_ConfigResource_configs(resources[0], &count);
        for (std::size_t i = 0; i < count; ++i) {
            const char* value = rd_kafka_ConfigEntry_value(entries[i]);
            answer.config.emplace(rd_kafka_ConfigEntry_name(entries[i]), value == nullptr ? "" : value);
        }
        return answer;
    }

    /// Nothing on success.
    std::optional<std::string> create(std::uint16_t partitions) {
        std::array<char, kErrorTextBytes> text{};
        constexpr int kBrokerDefaultReplication = -1;
        std::unique_ptr<rd_kafka_NewTopic_t, decltype(&rd_kafka_NewTopic_destroy)> wanted(
            rd_kafka_NewTopic_new(
                topic_.c_str(), partitions, kBrokerDefaultReplication, text.data(), text.size()
            ),
            &rd_kafka_NewTopic_destroy
        );
        if (!wanted) return std::string(text.data());
        for (const auto& [key, value] : kRequired) rd_kafka_NewTopic_set_config(wanted.get(), key, value);
        rd_kafka_NewTopic_t* list = wanted.get();
        const auto options = request_options(RD_KAFKA_ADMIN_OP_CREATETOPICS);
        rd_kafka_CreateTopics(client_, &list, 1, options.get(), queue_.get());
        const EventHandle event = wait();
        if (!event) return "no answer";
        if (rd_kafka_event_error(event.get()) != RD_KAFKA_RESP_ERR_NO_ERROR) {
            return std::string(rd_kafka_event_error_string(event.get()));
        }
        std::size_t count = 0;
        const auto** topics =
            rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event.get()), &count);
        if (count != 1) return "answer without the topic";
        const auto error = rd_kafka_topic_result_error(topics[0]);
        // Another process may have been quicker; what counts is what is read back.
        if (error == RD_KAFKA_RESP_ERR_NO_ERROR || error == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS) {
            return std::nullopt;
        }
        return std::string(rd_kafka_topic_result_error_string(topics[0]));
    }

    /// Lets `ms` pass while the instance's callbacks are served.
    void pause(int ms) { rd_kafka_poll(client_, ms); }

private:
    using OptionsHandle = std::unique_ptr<rd_kafka_AdminOptions_t, decltype(&rd_kafka_AdminOptions_destroy)>;

    OptionsHandle request_options(rd_kafka_admin_op_t operation) {
        OptionsHandle options(rd_kafka_AdminOptions_new(client_, operation), &rd_kafka_AdminOptions_destroy);
        std::array<char, kErrorTextBytes> text{};
        rd_kafka_AdminOptions_set_request_timeout(options.get(), kRequestTimeoutMs, text.data(), text.size());
        return options;
    }
    EventHandle wait() {
        rd_kafka_event_t* event = nullptr;
        for (int waited = 0; event == nullptr && waited < kRequestTimeoutMs && !stop_requested_();
             waited += kSliceMs) {
            event = rd_kafka_queue_poll(queue_.get(), kSliceMs);
        }
        return {event, &rd_kafka_event_destroy};
    }

    rd_kafka_t* client_;
    std::string topic_;
    const StopRequested& stop_requested_;
    QueueHandle queue_;
};

/// What is wrong with the topic's configuration, and the remedy; nothing when it is right.
std::optional<std::string> objection(
    const BrokerAddress& broker, std::string_view topic, const TopicConfig& config
) {
    std::string wrong;
    std::string wanted;
    for (const auto& [key, value] : kRequired) {
        const auto found = config.find(key);
        if (found != config.end() && found->second == value) continue;
        if (!wrong.empty()) wrong += ", ";
        wrong += fmt::format("{}={}", key, found == config.end() ? "unknown" : found->second);
        if (!wanted.empty()) wanted += ',';
        wanted += fmt::format("{}={}", key, value);
    }
    if (wrong.empty()) return std::nullopt;
    return fmt::format(
        "topic {} has {}: Kafka would remove events from it. Run: kafka-configs.sh --bootstrap-server {} "
        "--alter "
        "--entity-type topics --entity-name {} --add-config {}",
        topic, wrong, broker.bootstrap, topic, wanted
    );
}

std::optional<TopicCheck> wrong_partition_count(
    rd_kafka_t* client, std::string_view topic, std::uint16_t partitions, const StopRequested& stop_requested
) {
    PartitionCount found = partition_count(client, topic, kSliceMs);
    for (int waited = kSliceMs; found.count == 0 && waited < kRequestTimeoutMs && !stop_requested();
         waited += kSliceMs) {
        rd_kafka_poll(client, kCreatedVisiblePauseMs);  // some answers come at once
        found = partition_count(client, topic, kSliceMs);
    }
    const auto& [count, problem] = found;
    if (count == 0) return TopicCheck{TopicVerdict::unavailable, fmt::format("topic {}: {}", topic, problem)};
    if (count == partitions) return std::nullopt;
    return TopicCheck{
        TopicVerdict::refused,
        fmt::format(
            "topic {} has {} partitions, but the log has {}: log partition p must be topic partition p. Use "
            "a "
            "new topic name, or delete the topic and let the relay create and refill it",
            topic, count, partitions
        )
    };
}

}  // namespace

TopicCheck ensure_topic(
    const BrokerAddress& broker, std::string_view topic, std::uint16_t partitions, const LogSink& log,
    const StopRequested& stop_requested
) {
    ClientContext context(log);
    const ClientHandle client = make_client(ClientType::producer, broker, {}, context);
    if (broker.kind == BrokerKind::embedded) {
        return wrong_partition_count(client.get(), topic, partitions, stop_requested)
            .value_or(TopicCheck{TopicVerdict::ready, {}});
    }
    Admin admin(client.get(), std::string(topic), stop_requested);
    auto answer = admin.read_config();
    // Asked for by name before metadata, so that a broker that creates topics on demand does not make it its
    // own way.
    const bool missing = answer.error == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
    if (missing) {
        if (const auto problem = admin.create(partitions)) {
            return {TopicVerdict::unavailable, fmt::format("topic {} not created: {}", topic, *problem)};
        }
        log(Severity::info, "KAFKA-71c4",
            fmt::format("created topic {} with {} partitions", topic, partitions));
    }
    const auto deadline = std::chrono::steady_clock::now() + (missing ? kCreatedVisibleMax : 0s);
    while (answer.error == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART &&
           std::chrono::steady_clock::now() < deadline) {
        admin.pause(kCreatedVisiblePauseMs);
        answer = admin.read_config();
    }
    if (answer.error != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return {
            TopicVerdict::unavailable,
            fmt::format(
                "topic {} cannot be checked: {} ({})", topic, rd_kafka_err2name(answer.error), answer.message
            )
        };
    }
    if (auto text = objection(broker, topic, answer.config)) return {TopicVerdict::refused, *std::move(text)};
    auto wrong = wrong_partition_count(client.get(), topic, partitions, stop_requested);
    while (wrong && wrong->verdict == TopicVerdict::unavailable && std::chrono::steady_clock::now() < deadline
    ) {
        admin.pause(kCreatedVisiblePauseMs);
        wrong = wrong_partition_count(client.get(), topic, partitions, stop_requested);
    }
    return wrong.value_or(TopicCheck{missing ? TopicVerdict::created : TopicVerdict::ready, {}});
}

}  // namespace annals::kafka
