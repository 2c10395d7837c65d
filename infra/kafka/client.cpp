#include "infra/kafka/client.hpp"

#include <array>
#include <charconv>
#include <chrono>
#include <fmt/format.h>
#include <librdkafka/rdkafka.h>
#include <limits>
#include <stdexcept>

namespace annals::kafka {
namespace {

constexpr std::size_t kErrorTextBytes = 512;
constexpr int kSyslogError = 3;
constexpr int kSyslogWarning = 4;
/// A broker that is away causes two errors a second; one line tells it.
constexpr std::int64_t kErrorQuietMs = 10'000;

ClientContext& context_of(const rd_kafka_t* client) {
    return *static_cast<ClientContext*>(rd_kafka_opaque(client));
}

void on_log(const rd_kafka_t* client, int level, const char* facility, const char* text) {
    // Lost connections ("FAIL") come to the error callback as well.
    const auto severity = std::string_view(facility) == "FAIL" ? Severity::debug
                          : level <= kSyslogError              ? Severity::error
                          : level == kSyslogWarning            ? Severity::warning
                                                               : Severity::debug;
    context_of(client).log(severity, "KAFKA-0b61", fmt::format("librdkafka {}: {}", facility, text));
}

void on_error(rd_kafka_t* client, int code, const char* reason, void* opaque) {
    auto& context = *static_cast<ClientContext*>(opaque);
    context.errors_total.fetch_add(1, std::memory_order_relaxed);
    if (code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) context.all_brokers_down.store(true);
    if (!context.may_log_error(code)) return;
    const auto error = static_cast<rd_kafka_resp_err_t>(code);
    context.log(
        Severity::warning, "KAFKA-5ad2",
        fmt::format("{}: {}: {}", rd_kafka_name(client), rd_kafka_err2name(error), reason)
    );
}

void on_delivery_report(rd_kafka_t*, const rd_kafka_message_t* message, void* opaque) {
    static_cast<ClientContext*>(opaque)->on_delivery(*message);
}

class Configuration {
public:
    Configuration() : handle_(rd_kafka_conf_new()) {}
    ~Configuration() {
        if (handle_ != nullptr) rd_kafka_conf_destroy(handle_);
    }
    Configuration(const Configuration&) = delete;
    Configuration& operator=(const Configuration&) = delete;

    void set(const char* key, const std::string& value) {
        std::array<char, kErrorTextBytes> text{};
        if (rd_kafka_conf_set(handle_, key, value.c_str(), text.data(), text.size()) != RD_KAFKA_CONF_OK) {
            throw std::runtime_error(fmt::format("librdkafka refuses {}={}: {}", key, value, text.data()));
        }
    }
    rd_kafka_conf_t* get() { return handle_; }
    /// librdkafka owns the configuration once an instance is made of it.
    void release() { handle_ = nullptr; }

private:
    rd_kafka_conf_t* handle_;
};

}  // namespace

bool ClientContext::may_log_error(int code) {
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    const std::int64_t now_ms = std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
    if (last_error_.exchange(code) == code && now_ms < quiet_until_ms_.load()) return false;
    quiet_until_ms_.store(now_ms + kErrorQuietMs);
    return true;
}

void ClientDeleter::operator()(rd_kafka_s* client) const {
    rd_kafka_destroy(client);
}
void ErrorDeleter::operator()(rd_kafka_error_s* error) const {
    rd_kafka_error_destroy(error);
}
void MessageDeleter::operator()(rd_kafka_message_s* message) const {
    rd_kafka_message_destroy(message);
}
void QueueDeleter::operator()(rd_kafka_queue_s* queue) const {
    rd_kafka_queue_destroy(queue);
}
void PartitionListDeleter::operator()(rd_kafka_topic_partition_list_s* list) const {
    rd_kafka_topic_partition_list_destroy(list);
}

ClientHandle make_client(
    ClientType type, const BrokerAddress& broker, const std::vector<Setting>& settings, ClientContext& context
) {
    Configuration configuration;
    if (!broker.bootstrap.empty()) configuration.set("bootstrap.servers", broker.bootstrap);
    configuration.set("client.id", "annals");
    configuration.set(
        "reconnect.backoff.max.ms", "500"
    );  // the default of 10 s prolongs every broker restart
    configuration.set("socket.keepalive.enable", "true");
    for (const auto& [key, value] : settings) configuration.set(key, value);
    rd_kafka_conf_set_opaque(configuration.get(), &context);
    rd_kafka_conf_set_log_cb(configuration.get(), on_log);
    rd_kafka_conf_set_error_cb(configuration.get(), on_error);
    if (type == ClientType::producer) rd_kafka_conf_set_dr_msg_cb(configuration.get(), on_delivery_report);

    std::array<char, kErrorTextBytes> text{};
    const auto kind = type == ClientType::producer ? RD_KAFKA_PRODUCER : RD_KAFKA_CONSUMER;
    ClientHandle client(rd_kafka_new(kind, configuration.get(), text.data(), text.size()));
    if (!client) throw std::runtime_error(fmt::format("librdkafka instance not created: {}", text.data()));
    configuration.release();
    if (type == ClientType::consumer) rd_kafka_poll_set_consumer(client.get());
    return client;
}

std::vector<Setting> reader_settings(std::string group_id) {
    return {
        {"group.id", std::move(group_id)},  // needed by assign(); we neither join the group nor commit to it
        {"isolation.level", "read_committed"},
        {"enable.auto.commit", "false"},
        {"enable.auto.offset.store", "false"},
        {"auto.offset.reset", "error"},
        {"check.crcs", "true"},
        {"fetch.min.bytes", "1"},
    };
}

PartitionCount partition_count(rd_kafka_s* client, std::string_view topic, int timeout_ms) {
    const std::string name(topic);
    const std::unique_ptr<rd_kafka_topic_t, decltype(&rd_kafka_topic_destroy)> handle(
        rd_kafka_topic_new(client, name.c_str(), nullptr), &rd_kafka_topic_destroy
    );
    if (!handle) return {0, rd_kafka_err2str(rd_kafka_last_error())};
    const rd_kafka_metadata_t* raw = nullptr;
    const auto error = rd_kafka_metadata(client, 0, handle.get(), &raw, timeout_ms);
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return {0, rd_kafka_err2str(error)};
    const std::unique_ptr<const rd_kafka_metadata_t, decltype(&rd_kafka_metadata_destroy)> metadata(
        raw, &rd_kafka_metadata_destroy
    );
    if (metadata->topic_cnt != 1) return {0, "the broker's metadata does not name the topic"};
    const auto& found = metadata->topics[0];
    if (found.err != RD_KAFKA_RESP_ERR_NO_ERROR) return {0, rd_kafka_err2str(found.err)};
    for (int i = 0; i < found.partition_cnt; ++i) {
        if (found.partitions[i].leader < 0) return {0, fmt::format("partition {} has no leader", i)};
    }
    return {found.partition_cnt, {}};
}

namespace {

/// The decimal value of a header that is there once and is not 0.
std::optional<std::uint64_t> header_number(const rd_kafka_message_s& message, const char* name) {
    rd_kafka_headers_t* headers = nullptr;
    if (rd_kafka_message_headers(&message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) return std::nullopt;
    const void* value = nullptr;
    std::size_t size = 0;
    if (rd_kafka_header_get(headers, 0, name, &value, &size) != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return std::nullopt;
    }
    const void* second = nullptr;
    std::size_t second_size = 0;
    if (rd_kafka_header_get(headers, 1, name, &second, &second_size) == RD_KAFKA_RESP_ERR_NO_ERROR) {
        return std::nullopt;
    }
    if (value == nullptr || size == 0) return std::nullopt;
    const auto* begin = static_cast<const char*>(value);
    std::uint64_t number = 0;
    const auto [end, status] = std::from_chars(begin, begin + size, number);
    if (status != std::errc{} || end != begin + size || number == 0) return std::nullopt;
    return number;
}

}  // namespace

std::optional<std::uint64_t> position_of(const rd_kafka_message_s& message) {
    return header_number(message, "position");
}

std::uint32_t epoch_of(const rd_kafka_message_s& message) {
    const auto number = header_number(message, "epoch").value_or(1);
    return number > std::numeric_limits<std::uint32_t>::max() ? 1 : static_cast<std::uint32_t>(number);
}

std::string describe(const rd_kafka_error_s& error) {
    return fmt::format("{}: {}", rd_kafka_error_name(&error), rd_kafka_error_string(&error));
}

}  // namespace annals::kafka
