#include "infra/kafka/event_consumer.hpp"

#include "domain/kernel/assert.hpp"
#include "infra/kafka/client.hpp"

#include <algorithm>
#include <atomic>
#include <fmt/format.h>
#include <librdkafka/rdkafka.h>
#include <stdexcept>

namespace annals::kafka {
namespace {

/// What librdkafka fetches ahead. Below 8 MB reading gets slow; `queued.min.messages` must stay at its
/// default.
constexpr const char* kReadAheadKilobytes = "16384";

/// How long a fetch waits at the broker when there is nothing. A real broker answers as soon as something
/// comes; the embedded one always waits to the end, so there it is the latency.
constexpr const char* kFetchWaitRealMs = "100";
constexpr const char* kFetchWaitEmbeddedMs = "10";

/// Without metadata at hand the first fetch waits for a retry, half a second later.
constexpr int kPrimeMetadataMs = 1'000;

std::vector<Setting> consumer_settings(const ConsumerSettings& given) {
    auto settings = reader_settings("annals-projector-" + given.name);
    settings.emplace_back(
        "fetch.wait.max.ms", given.broker.kind == BrokerKind::real ? kFetchWaitRealMs : kFetchWaitEmbeddedMs
    );
    settings.emplace_back("queued.max.messages.kbytes", kReadAheadKilobytes);
    return settings;
}

}  // namespace

struct EventConsumer::Impl {
    Impl(ConsumerSettings given, LogSink log) : settings(std::move(given)), context(std::move(log)) {
        client = make_client(ClientType::consumer, settings.broker, consumer_settings(settings), context);
        queue.reset(rd_kafka_queue_get_consumer(client.get()));
    }

    void apply_assignment() {
        const PartitionListHandle list(rd_kafka_topic_partition_list_new(static_cast<int>(starts.size())));
        for (const auto& start : starts) {
            rd_kafka_topic_partition_list_add(list.get(), settings.topic.c_str(), start.partition)->offset =
                start.next_offset.value_or(RD_KAFKA_OFFSET_BEGINNING);
        }
        if (const auto error = rd_kafka_assign(client.get(), list.get());
            error != RD_KAFKA_RESP_ERR_NO_ERROR) {
            throw std::runtime_error(fmt::format("assign on {}: {}", settings.topic, rd_kafka_err2str(error))
            );
        }
    }

    ConsumerStart* find(std::int32_t partition) {
        const auto found = std::ranges::find(starts, partition, [](const ConsumerStart& s) {
            return std::int32_t{s.partition};
        });
        return found == starts.end() ? nullptr : &*found;
    }

    /// Adds what the message says to `result` and answers its size in bytes.
    std::size_t take(const rd_kafka_message_t& message, PollResult& result) {
        auto* start = find(message.partition);
        if (message.err != RD_KAFKA_RESP_ERR_NO_ERROR) {
            if (message.err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET && start != nullptr) {
                result.offset_gone.push_back(start->partition);
                context.log(
                    Severity::warning, "KAFKA-d27e",
                    fmt::format(
                        "{}[{}] does not hold offset {}", settings.topic, start->partition,
                        start->next_offset.value_or(0)
                    )
                );
                return 0;
            }
            context.errors_total.fetch_add(1, std::memory_order_relaxed);
            if (context.may_log_error(message.err)) {
                context.log(
                    Severity::warning, "KAFKA-8e41",
                    fmt::format("consumer {}: {}", settings.name, rd_kafka_message_errstr(&message))
                );
            }
            return 0;
        }
        if (start == nullptr) return 0;  // fetched before its partition was taken away
        context.all_brokers_down.store(false, std::memory_order_relaxed);
        start->next_offset = message.offset + 1;
        const auto position = position_of(message);
        if (!position) {
            malformed_total.fetch_add(1, std::memory_order_relaxed);
            context.log(
                Severity::error, "KAFKA-b9f3",
                fmt::format(
                    "{}[{}] offset {} has no valid position header and is left out; something other "
                    "than the relay writes to this topic",
                    settings.topic, message.partition, message.offset
                )
            );
            return 0;
        }
        result.records.push_back(
            {start->partition, *position, message.offset,
             std::string(static_cast<const char*>(message.payload), message.len)}
        );
        return message.len;
    }

    ConsumerSettings settings;
    ClientContext context;
    std::vector<ConsumerStart> starts;  // kept up to date, so that it always tells where to go on
    std::atomic<bool> woken{false};
    std::atomic<std::uint64_t> malformed_total{0};
    ClientHandle client;
    QueueHandle queue;  // after the client: its reference must go first
};

EventConsumer::EventConsumer(ConsumerSettings settings, LogSink log)
    : impl_(std::make_unique<Impl>(std::move(settings), std::move(log))) {}

EventConsumer::~EventConsumer() = default;

void EventConsumer::assign(const std::vector<ConsumerStart>& starts) {
    impl_->starts = starts;
    // Its answer does not matter: a broker that is away now is found later.
    if (!starts.empty()) (void)partition_count(impl_->client.get(), impl_->settings.topic, kPrimeMetadataMs);
    impl_->apply_assignment();
}

void EventConsumer::restart(ConsumerStart start) {
    auto* current = impl_->find(start.partition);
    ANNALS_ASSERT(current != nullptr, "restart() of a partition that is not assigned");
    *current = start;
    impl_->apply_assignment();
}

PollResult EventConsumer::poll(
    std::size_t records_max, std::size_t bytes_max, std::chrono::milliseconds wait
) {
    PollResult result;
    const auto deadline = std::chrono::steady_clock::now() + wait;
    std::size_t bytes = 0;
    while (result.records.size() < records_max && bytes < bytes_max) {
        if (impl_->woken.exchange(false)) break;
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
            deadline - std::chrono::steady_clock::now()
        );
        const bool has_any = !result.records.empty() || !result.offset_gone.empty();
        const auto timeout = has_any || left.count() < 0 ? 0 : static_cast<int>(left.count());
        const MessageHandle message(rd_kafka_consumer_poll(impl_->client.get(), timeout));
        if (message) {
            bytes += impl_->take(*message, result);
        } else if (timeout == 0 || std::chrono::steady_clock::now() >= deadline) {
            break;
        }
    }
    return result;
}

void EventConsumer::wake() {
    impl_->woken.store(true);
    rd_kafka_queue_yield(impl_->queue.get());
}

bool EventConsumer::broker_away() const {
    return impl_->context.all_brokers_down.load();
}

void EventConsumer::probe(std::chrono::milliseconds limit) {
    if (!broker_away()) return;
    const auto answer =
        partition_count(impl_->client.get(), impl_->settings.topic, static_cast<int>(limit.count()));
    if (answer.count > 0) impl_->context.all_brokers_down.store(false);
}

std::uint64_t EventConsumer::errors_total() const {
    return impl_->context.errors_total.load();
}
std::uint64_t EventConsumer::malformed_total() const {
    return impl_->malformed_total.load();
}

}  // namespace annals::kafka
