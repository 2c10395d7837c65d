#include "infra/kafka/topic_tail.hpp"

#include "infra/kafka/client.hpp"

#include <algorithm>
#include <chrono>
#include <fmt/format.h>
#include <librdkafka/rdkafka.h>
#include <optional>
#include <stdexcept>
#include <thread>

namespace annals::kafka {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kWatermarkMax{5};
/// Waits are cut into slices of this length, to see a stop request in between.
constexpr int kSliceMs = 250;
constexpr std::chrono::milliseconds kLeaderPause{20};
constexpr std::chrono::seconds kReadMax{20};
constexpr int kPollMs = 100;
/// How far back to look for a data record: transaction markers and aborted records take offsets too. The
/// first step is 2 because a committed transaction ends with its marker; each further step goes eight times
/// as far.
constexpr std::int64_t kFirstStep = 2;
constexpr std::int64_t kStepFactor = 8;

/// One partition on its way to an answer.
struct Search {
    std::int64_t low{0};
    std::int64_t high{0};  ///< the last stable offset, as the instance reads committed records only
    std::int64_t step{kFirstStep};
    std::optional<TailRecord> last;
    std::optional<std::string> unreadable;  ///< set while the newest record seen carries no position
    bool reached_end{false};
    std::optional<Tail> answer;

    [[nodiscard]] std::int64_t start() const { return std::max(low, high - step); }
};

class TailReader {
public:
    TailReader(
        const BrokerAddress& broker, std::string_view topic, std::uint16_t partitions, LogSink log,
        std::function<bool()> stop_requested
    )
        : context_(std::move(log)),
          topic_(topic),
          stop_requested_(std::move(stop_requested)),
          searches_(partitions),
          deadline_(Clock::now() + kReadMax) {
        auto settings = reader_settings("annals-relay-tail");
        settings.emplace_back("enable.partition.eof", "true");
        settings.emplace_back("fetch.wait.max.ms", "5");
        client_ = make_client(ClientType::consumer, broker, settings, context_);
    }

    std::vector<Tail> run() {
        for (std::size_t p = 0; p < searches_.size(); ++p) look_up(p);
        while (assign_open_searches()) {
            read_to_ends();
            for (auto& search : searches_) conclude(search);
        }
        std::vector<Tail> tails;
        for (auto& search : searches_) tails.push_back(std::move(*search.answer));
        return tails;
    }

private:
    /// A topic that was just made, or whose broker was just replaced, has no leader for a moment.
    static bool passes(rd_kafka_resp_err_t error) {
        return error == RD_KAFKA_RESP_ERR__TIMED_OUT || error == RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE ||
               error == RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION;
    }

    void look_up(std::size_t partition) {
        auto& search = searches_[partition];
        const auto give_up_at = Clock::now() + kWatermarkMax;
        auto error = RD_KAFKA_RESP_ERR__TIMED_OUT;
        while (passes(error) && Clock::now() < give_up_at && !stop_requested_()) {
            if (error != RD_KAFKA_RESP_ERR__TIMED_OUT) std::this_thread::sleep_for(kLeaderPause);
            error = rd_kafka_query_watermark_offsets(
                client_.get(), topic_.c_str(), static_cast<std::int32_t>(partition), &search.low,
                &search.high, kSliceMs
            );
        }
        if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
            throw std::runtime_error(
                fmt::format("end of {}[{}] not known: {}", topic_, partition, rd_kafka_err2str(error))
            );
        }
        if (search.high == 0) {
            search.answer = TailEmpty{true};
        } else if (search.low >= search.high) {
            search.answer = TailUnknown{fmt::format(
                "all records of {}[{}] were removed (offsets 0 to {}), so nothing tells which event was "
                "the last; delete the topic and the relay creates and refills it",
                topic_, partition, search.high - 1
            )};
        }
    }

    bool assign_open_searches() {
        const PartitionListHandle list(rd_kafka_topic_partition_list_new(static_cast<int>(searches_.size())));
        for (std::size_t p = 0; p < searches_.size(); ++p) {
            if (searches_[p].answer) continue;
            rd_kafka_topic_partition_list_add(list.get(), topic_.c_str(), static_cast<std::int32_t>(p))
                ->offset = searches_[p].start();
            searches_[p].reached_end = false;
        }
        if (list->cnt == 0) return false;
        if (const auto error = rd_kafka_assign(client_.get(), list.get());
            error != RD_KAFKA_RESP_ERR_NO_ERROR) {
            throw std::runtime_error(
                fmt::format("assign for the end of {}: {}", topic_, rd_kafka_err2str(error))
            );
        }
        return true;
    }

    void read_to_ends() {
        const auto done = [](const Search& search) { return search.answer || search.reached_end; };
        while (!std::ranges::all_of(searches_, done)) {
            if (Clock::now() > deadline_ || stop_requested_())
                throw std::runtime_error("reading the end of " + topic_ + " took too long");
            const MessageHandle message(rd_kafka_consumer_poll(client_.get(), kPollMs));
            if (!message || message->partition < 0) continue;
            const auto partition = static_cast<std::size_t>(message->partition);
            if (partition < searches_.size()) take(partition, *message);
        }
    }

    void take(std::size_t partition, const rd_kafka_message_t& message) {
        auto& search = searches_[partition];
        if (message.err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
            search.reached_end = true;
            return;
        }
        if (message.err != RD_KAFKA_RESP_ERR_NO_ERROR) {
            // Includes records that were removed between the two questions: a new session asks again.
            throw std::runtime_error(fmt::format(
                "reading the end of {}[{}]: {}", topic_, partition, rd_kafka_message_errstr(&message)
            ));
        }
        if (const auto position = position_of(message)) {
            search.last = TailRecord{
                *position, epoch_of(message),
                std::string(static_cast<const char*>(message.payload), message.len)
            };
            search.unreadable.reset();
        } else {
            search.unreadable = fmt::format(
                "the last record of {}[{}] (offset {}) has no valid position header: something other than "
                "the relay writes to this topic; find it, then delete the topic for a refill",
                topic_, partition, message.offset
            );
        }
        search.reached_end = message.offset >= search.high - 1;
    }

    static void conclude(Search& search) {
        if (search.answer) return;
        if (search.unreadable) {
            search.answer = TailUnknown{*search.unreadable};
        } else if (search.last) {
            search.answer = std::move(*search.last);
        } else if (search.start() == search.low) {
            // From the first kept offset to the end there are markers and aborted records only. Where older
            // records were removed, one of them may have been the last event.
            if (search.low == 0) {
                search.answer = TailEmpty{false};
            } else {
                search.answer = TailUnknown{
                    fmt::format("offsets below {} were removed and no event is left after them", search.low)
                };
            }
        } else {
            search.step *= kStepFactor;
        }
    }

    ClientContext context_;
    std::string topic_;
    std::function<bool()> stop_requested_;
    std::vector<Search> searches_;
    Clock::time_point deadline_;
    ClientHandle client_;
};

}  // namespace

std::vector<Tail> read_topic_tails(
    const BrokerAddress& broker, std::string_view topic, std::uint16_t partitions, LogSink log,
    std::function<bool()> stop_requested
) {
    return TailReader(broker, topic, partitions, std::move(log), std::move(stop_requested)).run();
}

}  // namespace annals::kafka
