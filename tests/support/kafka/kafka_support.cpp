#include "tests/support/kafka/kafka_support.hpp"

#include <array>
#include <atomic>
#include <cstdlib>
#include <fmt/format.h>
#include <iostream>
#include <librdkafka/rdkafka.h>
#include <random>
#include <stdexcept>
#include <thread>
#include <unistd.h>

namespace annals::kafka::test {
namespace {

constexpr int kTimeoutMs = 15'000;

struct Client {
    Client(rd_kafka_type_t type, const BrokerAddress& broker, const Config& settings) {
        rd_kafka_conf_t* conf = rd_kafka_conf_new();
        std::array<char, 512> text{};
        auto all = settings;
        all["bootstrap.servers"] = broker.bootstrap;
        for (const auto& [key, value] : all) {
            if (rd_kafka_conf_set(conf, key.c_str(), value.c_str(), text.data(), text.size()) !=
                RD_KAFKA_CONF_OK) {
                rd_kafka_conf_destroy(conf);
                throw std::runtime_error(text.data());
            }
        }
        rd_kafka_conf_set_log_cb(conf, [](const rd_kafka_t*, int, const char*, const char*) {});
        handle = rd_kafka_new(type, conf, text.data(), text.size());
        if (handle == nullptr) throw std::runtime_error(text.data());
    }
    ~Client() { rd_kafka_destroy(handle); }
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    rd_kafka_t* handle{nullptr};
};

void require(rd_kafka_resp_err_t error, const std::string& doing) {
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) throw std::runtime_error(doing + ": " + rd_kafka_err2str(error));
}

/// Runs one admin request and throws when the broker refuses it.
void admin(
    const BrokerAddress& broker, const std::string& doing,
    const std::function<void(rd_kafka_t*, rd_kafka_queue_t*)>& request,
    const std::function<rd_kafka_resp_err_t(rd_kafka_event_t*)>& verdict
) {
    const Client client(RD_KAFKA_PRODUCER, broker, {});
    rd_kafka_queue_t* queue = rd_kafka_queue_new(client.handle);
    request(client.handle, queue);
    rd_kafka_event_t* event = rd_kafka_queue_poll(queue, kTimeoutMs);
    auto error = event == nullptr ? RD_KAFKA_RESP_ERR__TIMED_OUT : rd_kafka_event_error(event);
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR) error = verdict(event);
    if (event != nullptr) rd_kafka_event_destroy(event);
    rd_kafka_queue_destroy(queue);
    require(error, doing);
}

RawRecord to_record(const rd_kafka_message_t& message) {
    RawRecord record;
    record.offset = message.offset;
    record.key.assign(static_cast<const char*>(message.key), message.key_len);
    record.value.assign(static_cast<const char*>(message.payload), message.len);
    rd_kafka_headers_t* headers = nullptr;
    if (rd_kafka_message_headers(&message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) return record;
    const char* name = nullptr;
    const void* value = nullptr;
    std::size_t size = 0;
    for (std::size_t i = 0;
         rd_kafka_header_get_all(headers, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR; ++i) {
        record.headers.emplace_back(name, std::string(static_cast<const char*>(value), size));
    }
    return record;
}

}  // namespace

BrokerAddress real_broker() {
    const char* address = std::getenv("ANNALS_TEST_KAFKA");
    if (address == nullptr) {
        throw std::runtime_error("ANNALS_TEST_KAFKA must name a real broker (HOST:PORT); ./dev test sets it");
    }
    return {BrokerKind::real, address};
}

std::uint64_t test_seed() {
    static const std::uint64_t seed = [] {
        const char* given = std::getenv("ANNALS_SEED");
        const std::uint64_t value =
            given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();
        std::cout << "seed: ANNALS_SEED=" << value << std::endl;
        return value;
    }();
    return seed;
}

TestTopic::TestTopic(BrokerAddress broker) : broker_(std::move(broker)) {
    static std::atomic<int> counter{0};
    name_ = fmt::format("annals.test.{}.{}.{:08x}", getpid(), ++counter, std::random_device{}());
}

TestTopic::~TestTopic() {
    if (broker_.kind != BrokerKind::real) return;
    try {
        rd_kafka_DeleteTopic_t* topic = rd_kafka_DeleteTopic_new(name_.c_str());
        admin(
            broker_, "delete topic",
            [&](rd_kafka_t* client, rd_kafka_queue_t* queue) {
                rd_kafka_DeleteTopics(client, &topic, 1, nullptr, queue);
            },
            [](rd_kafka_event_t*) { return RD_KAFKA_RESP_ERR_NO_ERROR; }
        );
        rd_kafka_DeleteTopic_destroy(topic);
    } catch (const std::exception& error) {
        std::cerr << "topic " << name_ << " stays: " << error.what() << '\n';
    }
}

void TestTopic::create(int partitions, const Config& config) const {
    std::array<char, 512> text{};
    rd_kafka_NewTopic_t* topic =
        rd_kafka_NewTopic_new(name_.c_str(), partitions, 1, text.data(), text.size());
    for (const auto& [key, value] : config) rd_kafka_NewTopic_set_config(topic, key.c_str(), value.c_str());
    admin(
        broker_, "create topic",
        [&](rd_kafka_t* client, rd_kafka_queue_t* queue) {
            rd_kafka_CreateTopics(client, &topic, 1, nullptr, queue);
        },
        [](rd_kafka_event_t* event) {
            std::size_t count = 0;
            return rd_kafka_topic_result_error(
                rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), &count)[0]
            );
        }
    );
    rd_kafka_NewTopic_destroy(topic);
}

void TestTopic::alter(const Config& config) const {
    rd_kafka_ConfigResource_t* resource = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, name_.c_str());
    for (const auto& [key, value] : config) {
        rd_kafka_ConfigResource_set_config(resource, key.c_str(), value.c_str());
    }
    admin(
        broker_, "alter topic",
        [&](rd_kafka_t* client, rd_kafka_queue_t* queue) {
            rd_kafka_AlterConfigs(client, &resource, 1, nullptr, queue);
        },
        [](rd_kafka_event_t* event) {
            std::size_t count = 0;
            return rd_kafka_ConfigResource_error(
                rd_kafka_AlterConfigs_result_resources(rd_kafka_event_AlterConfigs_result(event), &count)[0]
            );
        }
    );
    rd_kafka_ConfigResource_destroy(resource);
}

void TestTopic::delete_records(int partition, std::int64_t offset) const {
    rd_kafka_topic_partition_list_t* list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, name_.c_str(), partition)->offset = offset;
    rd_kafka_DeleteRecords_t* request = rd_kafka_DeleteRecords_new(list);
    admin(
        broker_, "delete records",
        [&](rd_kafka_t* client, rd_kafka_queue_t* queue) {
            rd_kafka_DeleteRecords(client, &request, 1, nullptr, queue);
        },
        [](rd_kafka_event_t* event) {
            return rd_kafka_DeleteRecords_result_offsets(rd_kafka_event_DeleteRecords_result(event))
                ->elems[0]
                .err;
        }
    );
    rd_kafka_DeleteRecords_destroy(request);
    rd_kafka_topic_partition_list_destroy(list);
}

std::optional<std::string> RawRecord::header(std::string_view name) const {
    for (const auto& [known, text] : headers) {
        if (known == name) return text;
    }
    return std::nullopt;
}

namespace {

std::int64_t end_of(const Client& client, const std::string& topic, int partition) {
    std::int64_t low = 0;
    std::int64_t high = 0;
    require(
        rd_kafka_query_watermark_offsets(client.handle, topic.c_str(), partition, &low, &high, kTimeoutMs),
        "watermarks"
    );
    return high;
}

/// A commit returns before the broker has ended the transaction in each partition. Waits until readers of
/// committed records see as far as all others.
void wait_for_transactions(const BrokerAddress& broker, const std::string& topic, int partitions) {
    const Client committed(RD_KAFKA_CONSUMER, broker, {{"isolation.level", "read_committed"}});
    const Client all(RD_KAFKA_CONSUMER, broker, {{"isolation.level", "read_uncommitted"}});
    for (int p = 0; p < partitions; ++p) {
        if (!eventually([&] { return end_of(committed, topic, p) == end_of(all, topic, p); })) {
            throw std::runtime_error("a transaction stays open");
        }
    }
}

}  // namespace

bool wait_for_offset(
    const BrokerAddress& broker, const std::string& topic, int partition, std::int64_t offset
) {
    const Client all(RD_KAFKA_CONSUMER, broker, {{"isolation.level", "read_uncommitted"}});
    return eventually([&] { return end_of(all, topic, partition) >= offset; });
}

std::vector<std::int64_t> topic_end(
    const BrokerAddress& broker, const std::string& topic, int partitions, const std::string& isolation
) {
    const Client client(RD_KAFKA_CONSUMER, broker, {{"isolation.level", isolation}});
    std::vector<std::int64_t> ends;
    for (int p = 0; p < partitions; ++p) ends.push_back(end_of(client, topic, p));
    return ends;
}

struct OutsiderGroup::Impl {
    Impl(const BrokerAddress& broker, const std::string& topic)
        : client(
              RD_KAFKA_CONSUMER, broker,
              {{"group.id", "outsider-" + topic},
               {"isolation.level", "read_committed"},
               {"auto.offset.reset", "earliest"},
               {"auto.commit.interval.ms", "100"}}
          ) {
        rd_kafka_poll_set_consumer(client.handle);
        rd_kafka_topic_partition_list_t* list = rd_kafka_topic_partition_list_new(1);
        rd_kafka_topic_partition_list_add(list, topic.c_str(), RD_KAFKA_PARTITION_UA);
        const auto error = rd_kafka_subscribe(client.handle, list);
        rd_kafka_topic_partition_list_destroy(list);
        require(error, "subscribe");
        reading = std::jthread([this](const std::stop_token& stop) {
            while (!stop.stop_requested()) {
                rd_kafka_message_t* message = rd_kafka_consumer_poll(client.handle, 50);
                if (message == nullptr) continue;
                if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) ++seen;
                rd_kafka_message_destroy(message);
            }
            rd_kafka_consumer_close(client.handle);
        });
    }

    Client client;
    std::atomic<std::size_t> seen{0};
    std::jthread reading;
};

OutsiderGroup::OutsiderGroup(const BrokerAddress& broker, const std::string& topic)
    : impl_(std::make_unique<Impl>(broker, topic)) {}
OutsiderGroup::~OutsiderGroup() = default;

std::size_t OutsiderGroup::seen() const {
    return impl_->seen;
}

std::vector<std::vector<RawRecord>> read_topic(
    const BrokerAddress& broker, const std::string& topic, int partitions
) {
    wait_for_transactions(broker, topic, partitions);
    const Client client(
        RD_KAFKA_CONSUMER, broker,
        {{"group.id", "annals-test-reader"},
         {"isolation.level", "read_committed"},
         {"enable.partition.eof", "true"},
         {"enable.auto.commit", "false"},
         {"fetch.wait.max.ms", "10"},
         {"auto.offset.reset", "error"}}
    );
    rd_kafka_poll_set_consumer(client.handle);
    rd_kafka_topic_partition_list_t* list = rd_kafka_topic_partition_list_new(partitions);
    for (int p = 0; p < partitions; ++p) {
        rd_kafka_topic_partition_list_add(list, topic.c_str(), p)->offset = RD_KAFKA_OFFSET_BEGINNING;
    }
    require(rd_kafka_assign(client.handle, list), "assign");
    rd_kafka_topic_partition_list_destroy(list);
    std::vector<std::vector<RawRecord>> found(static_cast<std::size_t>(partitions));
    int ended = 0;
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (ended < partitions) {
        if (std::chrono::steady_clock::now() > deadline)
            throw std::runtime_error("reading back took too long");
        rd_kafka_message_t* message = rd_kafka_consumer_poll(client.handle, 1'000);
        if (message == nullptr) continue;
        if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) ++ended;
        if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
            found[static_cast<std::size_t>(message->partition)].push_back(to_record(*message));
        }
        rd_kafka_message_destroy(message);
    }
    return found;
}

void write_raw(
    const BrokerAddress& broker, const std::string& topic, int partition, const std::string& value,
    const std::vector<std::pair<std::string, std::string>>& headers
) {
    const Client client(RD_KAFKA_PRODUCER, broker, {});
    rd_kafka_headers_t* list = rd_kafka_headers_new(headers.size());
    for (const auto& [name, text] : headers) {
        rd_kafka_header_add(
            list, name.data(), static_cast<ssize_t>(name.size()), text.data(),
            static_cast<ssize_t>(text.size())
        );
    }
    std::array<rd_kafka_vu_t, 5> fields{};
    fields[0].vtype = RD_KAFKA_VTYPE_TOPIC;
    fields[0].u.cstr = topic.c_str();
    fields[1].vtype = RD_KAFKA_VTYPE_PARTITION;
    fields[1].u.i32 = partition;
    fields[2].vtype = RD_KAFKA_VTYPE_VALUE;
    fields[2].u.mem.ptr = const_cast<char*>(value.data());
    fields[2].u.mem.size = value.size();
    fields[3].vtype = RD_KAFKA_VTYPE_MSGFLAGS;
    fields[3].u.i = RD_KAFKA_MSG_F_COPY;
    fields[4].vtype = RD_KAFKA_VTYPE_HEADERS;
    fields[4].u.headers = list;
    rd_kafka_error_t* error = rd_kafka_produceva(client.handle, fields.data(), fields.size());
    if (error != nullptr) throw std::runtime_error(rd_kafka_error_string(error));
    require(rd_kafka_flush(client.handle, kTimeoutMs), "flush");
}

LogSink LogCapture::sink() {
    return [shared = shared_](Severity, std::string_view code, std::string message) {
        const std::scoped_lock lock(shared->mutex);
        shared->lines.emplace_back(code, std::move(message));
    };
}

bool LogCapture::has(std::string_view code) const {
    const std::scoped_lock lock(shared_->mutex);
    for (const auto& [known, message] : shared_->lines) {
        if (known == code) return true;
    }
    return false;
}

std::string LogCapture::text() const {
    const std::scoped_lock lock(shared_->mutex);
    std::string all;
    for (const auto& [code, message] : shared_->lines) all += fmt::format("{} {}\n", code, message);
    return all;
}

}  // namespace annals::kafka::test
