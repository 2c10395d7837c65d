#include "infra/kafka/topic_reader.hpp"

#include "infra/kafka/client.hpp"

#include <algorithm>
#include <chrono>
#include <fmt/format.h>
#include <librdkafka/rdkafka.h>
#include <limits>
#include <stdexcept>
#include <string>

namespace annals::kafka {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kRequestTimeoutMs = 5'000;
constexpr int kPollMs = 100;
constexpr std::chrono::seconds kSilenceMax{20};
/// What librdkafka fetches ahead. Below 8 MB reading gets slow.
constexpr const char* kReadAheadKilobytes = "16384";
constexpr std::size_t kPageRecords = 500;
constexpr std::size_t kPageBytes = 1 << 20;
/// How many offsets are read at a time where a partition is searched from its end.
constexpr std::int64_t kBackwardStep = 2'000;

}  // namespace

struct TopicReader::Impl {
    Impl(const BrokerAddress& broker, std::string_view name, LogSink log)
        : context(std::move(log)), topic(name) {
        auto settings = reader_settings("annals-topic-reader");
        settings.emplace_back("enable.partition.eof", "true");
        settings.emplace_back("fetch.wait.max.ms", "5");
        settings.emplace_back("queued.max.messages.kbytes", kReadAheadKilobytes);
        client = make_client(ClientType::consumer, broker, settings, context);
    }

    void assign(std::int32_t partition, std::int64_t offset) {
        const PartitionListHandle list(rd_kafka_topic_partition_list_new(1));
        rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), partition)->offset = offset;
        const auto error = rd_kafka_assign(client.get(), list.get());
        if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
            throw std::runtime_error(
                fmt::format("assign {}[{}]: {}", topic, partition, rd_kafka_err2str(error))
            );
        }
    }

    ClientContext context;
    std::string topic;
    ClientHandle client;
};

TopicReader::TopicReader(const BrokerAddress& broker, std::string_view topic, LogSink log)
    : impl_(std::make_unique<Impl>(broker, topic, std::move(log))) {}

TopicReader::~TopicReader() = default;

std::uint16_t TopicReader::partitions() {
    const auto [count, problem] = partition_count(impl_->client.get(), impl_->topic, kRequestTimeoutMs);
    if (count <= 0 || count > std::numeric_limits<std::uint16_t>::max()) {
        throw std::runtime_error(fmt::format("topic {}: {}", impl_->topic, problem));
    }
    return static_cast<std::uint16_t>(count);
}

TopicReader::Range TopicReader::range(std::uint16_t partition) {
    Range range;
    const auto error = rd_kafka_query_watermark_offsets(
        impl_->client.get(), impl_->topic.c_str(), partition, &range.low, &range.high, kRequestTimeoutMs
    );
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
        throw std::runtime_error(
            fmt::format("end of {}[{}] not known: {}", impl_->topic, partition, rd_kafka_err2str(error))
        );
    }
    return range;
}

void TopicReader::read(
    std::uint16_t partition, Range range, const std::function<void(const TopicRecord&)>& take
) {
    if (range.low >= range.high) return;
    impl_->assign(partition, range.low);
    auto heard = Clock::now();
    while (true) {
        const MessageHandle message(rd_kafka_consumer_poll(impl_->client.get(), kPollMs));
        if (!message) {
            if (Clock::now() - heard < kSilenceMax) continue;
            throw std::runtime_error(fmt::format("{}[{}]: the broker is silent", impl_->topic, partition));
        }
        if (message->partition != partition) continue;  // of the stretch before
        heard = Clock::now();
        if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
            if (message->offset >= range.high) return;
            continue;
        }
        if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
            throw std::runtime_error(fmt::format(
                "reading {}[{}]: {}", impl_->topic, partition, rd_kafka_message_errstr(message.get())
            ));
        }
        if (message->offset >= range.high) return;
        take(
            {position_of(*message).value_or(0),
             epoch_of(*message),
             message->offset,
             {static_cast<const char*>(message->payload), message->len}}
        );
        if (message->offset == range.high - 1) return;
    }
}

const LogRecord* LogCursor::at(std::uint64_t position) {
    if (position == 0 || position > head_) return nullptr;
    if (page_.empty() || position < page_.front().position || position > page_.back().position) {
        page_ = log_.read(partition_, position - 1, kPageRecords, kPageBytes);
    }
    const auto found = std::ranges::lower_bound(page_, position, {}, &LogRecord::position);
    if (found == page_.end() || found->position != position) {
        throw std::runtime_error(fmt::format(
            "the log has no position {} in partition {}: it is damaged, run annals verify", position,
            partition_
        ));
    }
    return &*found;
}

bool LogCursor::has(const TopicRecord& record) {
    const LogRecord* const line = at(record.position);
    return line != nullptr && line->line == record.line;
}

std::uint64_t last_common_position(
    TopicReader& topic, std::uint16_t partition, LogPages& log, std::uint64_t head
) {
    struct Seen {
        std::uint64_t position;
        std::uint32_t epoch;
        bool same;
    };
    constexpr auto kNone = std::numeric_limits<std::uint64_t>::max();
    LogCursor cursor(log, partition, head);
    const auto [low, high] = topic.range(partition);
    // What was read so far, from the end on: its oldest epoch, and where that begins. Records of an older
    // epoch count only before it.
    auto epoch = std::numeric_limits<std::uint32_t>::max();
    auto begins = kNone;
    for (auto to = high; to > low;) {
        const auto from = std::max(low, to - kBackwardStep);
        std::vector<Seen> seen;
        topic.read(partition, {from, to}, [&](const TopicRecord& record) {
            seen.push_back({record.position, record.epoch, cursor.has(record)});
        });
        for (auto record = seen.rbegin(); record != seen.rend(); ++record) {
            if (record->position == 0) continue;
            if (record->epoch < epoch && record->position >= begins) continue;
            if (record->same) return record->position;
            epoch = std::min(epoch, record->epoch);
            begins = std::min(begins, record->position);
        }
        to = from;
    }
    if (low > 0) {
        throw std::runtime_error(fmt::format(
            "what is left of partition {} of the topic has nothing in common with the log", partition
        ));
    }
    return 0;
}

}  // namespace annals::kafka
