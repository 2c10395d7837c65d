#include "infra/kafka/event_producer.hpp"

#include "domain/kernel/assert.hpp"
#include "infra/kafka/client.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <fmt/format.h>
#include <librdkafka/rdkafka.h>
#include <optional>
#include <span>
#include <string_view>

namespace annals::kafka {
namespace {

using Clock = std::chrono::steady_clock;

/// Blocking calls are cut into slices of this length, to see a stop request in between.
constexpr int kSliceMs = 250;
constexpr std::chrono::seconds kInitMax{30};
constexpr std::chrono::milliseconds kMessageTimeoutMax{30'000};
constexpr std::chrono::seconds kQueueFullMax{30};
constexpr int kRetryPollMs = 20;
constexpr int kAbortTimeoutMs = 3'000;
/// Of a producer that stops because its broker does not answer: the next leader takes back what is open.
constexpr int kAbortWhenStoppedMs = 250;

constexpr std::string_view kContentType = "application/cloudevents+json; charset=UTF-8";

std::vector<Setting> producer_settings(const ProducerSettings& settings) {
    std::vector<Setting> list{
        {"enable.idempotence", "true"
        },  // implies acks=all, at most 5 requests in flight and order under retry
        // Not above the transaction's, or librdkafka refuses both.
        {"message.timeout.ms",
         std::to_string(std::min(kMessageTimeoutMax, settings.transaction_timeout).count())},
        {"queue.buffering.max.messages", "5000"},  // the default of 100,000 costs 115 MB for no throughput
        {"linger.ms", "1"},
    };
    if (settings.broker.kind == BrokerKind::real) {
        list.emplace_back("transactional.id", settings.transactional_id);
        list.emplace_back("transaction.timeout.ms", std::to_string(settings.transaction_timeout.count()));
    } else {
        // No transaction takes back what follows a failed batch, so nothing may follow it.
        list.emplace_back("enable.gapless.guarantee", "true");
        list.emplace_back("max.in.flight", "1");
    }
    return list;
}

ProducerError classify(std::string_view doing, rd_kafka_resp_err_t code, bool fatal, std::string message) {
    const bool fenced = code == RD_KAFKA_RESP_ERR__FENCED || code == RD_KAFKA_RESP_ERR_PRODUCER_FENCED ||
                        code == RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH;
    const auto kind = fenced  ? ProducerFailure::fenced
                      : fatal ? ProducerFailure::fatal
                              : ProducerFailure::transient;
    return {kind, fmt::format("{}: {}", doing, message)};
}

/// Counts deliveries and keeps the first failure.
struct DeliveryContext final : ClientContext {
    using ClientContext::ClientContext;

    void on_delivery(const rd_kafka_message_s& message) override {
        ++reported;
        if (message.err == RD_KAFKA_RESP_ERR_NO_ERROR || failure) return;
        failure = classify(
            "delivery", message.err, false,
            fmt::format(
                "{}[{}]: {}", rd_kafka_topic_name(message.rkt), message.partition,
                rd_kafka_err2str(message.err)
            )
        );
    }

    std::uint64_t reported{0};
    std::optional<ProducerError> failure;
};

rd_kafka_vu_t field(rd_kafka_vtype_t type) {
    rd_kafka_vu_t value{};
    value.vtype = type;
    return value;
}

rd_kafka_vu_t memory_field(rd_kafka_vtype_t type, std::string_view bytes) {
    auto value = field(type);
    value.u.mem.ptr = const_cast<char*>(bytes.data());  // librdkafka copies (MSG_F_COPY) and never writes
    value.u.mem.size = bytes.size();
    return value;
}

using HeadersHandle = std::unique_ptr<rd_kafka_headers_t, decltype(&rd_kafka_headers_destroy)>;

HeadersHandle headers_of(const LogRecord& record) {
    constexpr std::size_t kHeaderCount = 7;
    HeadersHandle headers(rd_kafka_headers_new(kHeaderCount), &rd_kafka_headers_destroy);
    const auto add = [&](std::string_view name, std::string_view value) {
        rd_kafka_header_add(
            headers.get(), name.data(), static_cast<ssize_t>(name.size()), value.data(),
            static_cast<ssize_t>(value.size())
        );
    };
    const auto add_number = [&](std::string_view name, std::uint64_t number) {
        std::array<char, 20> digits{};
        const auto* end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
        add(name, {digits.data(), static_cast<std::size_t>(end - digits.data())});
    };
    add("content-type", kContentType);
    add("ce_type", record.type);
    add("ce_id", record.event_id.to_string());
    add("tenant", record.tenant_id.to_string());
    add_number("position", record.position);
    add_number("epoch", record.epoch);
    if (!record.traceparent.empty()) add("traceparent", record.traceparent);
    return headers;
}

}  // namespace

struct EventProducer::Impl {
    Impl(ProducerSettings given, LogSink log, std::function<bool()> stop)
        : settings(std::move(given)), context(std::move(log)), stop_requested(std::move(stop)) {
        ANNALS_ASSERT(
            settings.broker.kind == BrokerKind::embedded || !settings.transactional_id.empty(),
            "a real broker needs a transactional.id"
        );
        client = make_client(ClientType::producer, settings.broker, producer_settings(settings), context);
    }

    [[nodiscard]] bool transactional() const { return settings.broker.kind == BrokerKind::real; }

    std::unexpected<ProducerError> fail(ProducerError error) {
        spent = true;
        stopped = error.kind == ProducerFailure::stopped;
        return std::unexpected(std::move(error));
    }
    /// A fatal state explains an error better than the error itself ("Local: Fatal error").
    std::unexpected<ProducerError> fail(
        std::string_view doing, rd_kafka_resp_err_t code, std::string message
    ) {
        std::array<char, 512> text{};
        const auto cause = rd_kafka_fatal_error(client.get(), text.data(), text.size());
        if (cause != RD_KAFKA_RESP_ERR_NO_ERROR) return fail(classify(doing, cause, true, text.data()));
        return fail(classify(doing, code, false, std::move(message)));
    }

    /// Calls `step` (which answers a librdkafka error or nothing) until it is done, fails for good, time is
    /// up or a stop is requested. Retriable errors are asked again, as librdkafka resumes the operation.
    template <class Step>
    ProducerResult repeat(std::string_view doing, std::chrono::milliseconds limit, Step step) {
        const auto deadline = Clock::now() + limit;
        for (;;) {
            const ErrorHandle error(step());
            if (!error) return {};
            const bool again = rd_kafka_error_is_retriable(error.get()) != 0 &&
                               rd_kafka_error_is_fatal(error.get()) == 0 &&
                               rd_kafka_error_txn_requires_abort(error.get()) == 0;
            if (!again || Clock::now() > deadline) {
                return fail(doing, rd_kafka_error_code(error.get()), describe(*error));
            }
            if (stop_requested()) return fail({ProducerFailure::stopped, describe(*error)});
            rd_kafka_poll(client.get(), kRetryPollMs);  // some retriable errors are answered at once
        }
    }

    ProducerResult prime_metadata() {
        const auto deadline = Clock::now() + kInitMax;
        for (;;) {
            const auto [count, problem] = partition_count(client.get(), settings.topic, kSliceMs);
            if (count == settings.partitions) return {};
            if (count != 0) {
                return fail(
                    {ProducerFailure::transient,
                     fmt::format(
                         "topic {} has {} partitions, expected {}", settings.topic, count, settings.partitions
                     )}
                );
            }
            if (stop_requested()) return fail({ProducerFailure::stopped, problem});
            if (Clock::now() > deadline) return fail({ProducerFailure::transient, "metadata: " + problem});
            rd_kafka_poll(client.get(), kRetryPollMs);
        }
    }

    ProducerResult flush() {
        const auto deadline = Clock::now() + settings.transaction_timeout;
        while (context.reported < produced && !context.failure) {
            rd_kafka_flush(client.get(), kSliceMs);
            if (context.reported >= produced || context.failure) break;
            if (stop_requested()) return fail({ProducerFailure::stopped, "deliveries outstanding"});
            if (Clock::now() > deadline) return fail({ProducerFailure::transient, "deliveries outstanding"});
        }
        if (context.failure) return fail(*context.failure);
        return {};
    }

    ProducerSettings settings;
    DeliveryContext context;
    std::function<bool()> stop_requested;
    std::uint64_t produced{0};
    bool in_transaction{false};
    bool spent{false};
    bool stopped{false};  ///< spent because of a stop that the broker did not answer in time
    ClientHandle client;
};

EventProducer::EventProducer(ProducerSettings settings, LogSink log, std::function<bool()> stop_requested)
    : impl_(std::make_unique<Impl>(std::move(settings), std::move(log), std::move(stop_requested))) {}

EventProducer::~EventProducer() {
    abort();
    // Without this the destructor of an idempotent producer could still send what was given up.
    rd_kafka_purge(impl_->client.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
}

ProducerResult EventProducer::init() {
    if (auto primed = impl_->prime_metadata(); !primed || !impl_->transactional()) return primed;
    return impl_->repeat("init_transactions", kInitMax, [&] {
        return rd_kafka_init_transactions(impl_->client.get(), kSliceMs);
    });
}

ProducerResult EventProducer::begin() {
    ANNALS_ASSERT(!impl_->spent && !impl_->in_transaction, "begin() on a producer that failed or has begun");
    if (!impl_->transactional()) return {};
    auto result = impl_->repeat("begin_transaction", impl_->settings.transaction_timeout, [&] {
        return rd_kafka_begin_transaction(impl_->client.get());
    });
    impl_->in_transaction = result.has_value();
    return result;
}

ProducerResult EventProducer::produce(std::uint16_t partition, const LogRecord& record) {
    ANNALS_ASSERT(!impl_->spent, "produce() on a producer that failed");
    const auto key = record.stream_id.to_string();
    // Given as a list, the headers stay ours on failure. Given one by one, librdkafka 2.0.2 frees them twice
    // when a producer that has become fatal refuses the message.
    auto list = headers_of(record);
    auto topic = field(RD_KAFKA_VTYPE_TOPIC);
    topic.u.cstr = impl_->settings.topic.c_str();
    auto to_partition = field(RD_KAFKA_VTYPE_PARTITION);
    to_partition.u.i32 = partition;
    auto flags = field(RD_KAFKA_VTYPE_MSGFLAGS);
    flags.u.i = RD_KAFKA_MSG_F_COPY;
    auto headers = field(RD_KAFKA_VTYPE_HEADERS);
    headers.u.headers = list.get();
    const std::array fields{
        topic,
        to_partition,
        flags,
        memory_field(RD_KAFKA_VTYPE_KEY, key),
        memory_field(RD_KAFKA_VTYPE_VALUE, record.line),
        headers,
    };

    const auto deadline = Clock::now() + kQueueFullMax;
    for (;;) {
        if (impl_->context.failure) return impl_->fail(*impl_->context.failure);
        const ErrorHandle error(rd_kafka_produceva(impl_->client.get(), fields.data(), fields.size()));
        if (!error) {
            [[maybe_unused]] auto* const now_the_clients = list.release();
            break;
        }
        const auto code = rd_kafka_error_code(error.get());
        if (code != RD_KAFKA_RESP_ERR__QUEUE_FULL || Clock::now() > deadline) {
            return impl_->fail("produce", code, describe(*error));
        }
        if (impl_->stop_requested()) return impl_->fail({ProducerFailure::stopped, "queue full"});
        rd_kafka_poll(impl_->client.get(), kRetryPollMs);
    }
    ++impl_->produced;
    return {};
}

ProducerResult EventProducer::commit() {
    ANNALS_ASSERT(!impl_->spent, "commit() on a producer that failed");
    if (!impl_->transactional()) return impl_->flush();
    ANNALS_ASSERT(impl_->in_transaction, "commit() without begin()");
    // Once that time is over the broker takes the transaction back by itself, so waiting longer is pointless.
    auto result = impl_->repeat("commit_transaction", impl_->settings.transaction_timeout, [&] {
        return rd_kafka_commit_transaction(impl_->client.get(), kSliceMs);
    });
    if (result) impl_->in_transaction = false;
    return result;
}

void EventProducer::abort() {
    if (!impl_->in_transaction) return;
    impl_->in_transaction = false;
    // Left open, the transaction would hide everything behind it until the next leader or its time-out
    // settles it.
    const ErrorHandle error(rd_kafka_abort_transaction(
        impl_->client.get(), impl_->stopped ? kAbortWhenStoppedMs : kAbortTimeoutMs
    ));
    if (!error) {
        if (!impl_->spent)
            impl_->context.failure.reset();  // the abort reports its own records as undelivered
        return;
    }
    impl_->spent = true;
    if (rd_kafka_error_is_fatal(error.get()) != 0) return;
    impl_->context.log(
        Severity::warning, "KAFKA-9c30",
        "open transaction not aborted, the next leader will: " + describe(*error)
    );
}

}  // namespace annals::kafka
