#include "infra/bench/reconciliation.hpp"
#include "infra/kafka/event_consumer.hpp"

#include <algorithm>
#include <chrono>
#include <fmt/format.h>
#include <optional>
#include <vector>

namespace annals::bench {
namespace {

constexpr std::size_t kRecordsPerPoll = 5'000;
constexpr std::size_t kBytesPerPoll = 8 << 20;
constexpr std::chrono::milliseconds kPollWait{500};
/// Without any record for so long the topic is taken to hold no more.
constexpr std::chrono::seconds kSilenceMax{15};

class TopicCheck {
public:
    TopicCheck(const DayLog& log, bool complete, Findings& findings)
        : log_(log), complete_(complete), findings_(findings), last_(log.partitions()) {}

    void take(const kafka::ConsumedRecord& record) {
        if (record.partition >= log_.partitions()) {
            return findings_.add(
                Breach::diverged, fmt::format("topic: partition {} is none of the log's", record.partition)
            );
        }
        auto& last = last_[record.partition];
        if (last && record.position <= *last) {
            ++held_.repeated;
            if (complete_)
                findings_.add(Breach::repeated, fmt::format("topic: {} comes twice", place(record)));
        } else if (last && record.position != *last + 1) {
            findings_.add(Breach::lost, fmt::format("topic: {} follows position {}", place(record), *last));
        } else if (!last && complete_ && record.position != 1) {
            findings_.add(Breach::lost, fmt::format("topic: begins with {}", place(record)));
        }
        last = std::max(last.value_or(0), record.position);
        const auto* entry = log_.at(record.partition, record.position);
        if (entry != nullptr) {
            ++held_.records;
            if (crypto::leaf_hash(record.line) != entry->hash) {
                findings_.add(Breach::diverged, fmt::format("topic: {} differs from the log", place(record)));
            }
        }
    }

    [[nodiscard]] bool at_heads() const {
        for (std::uint16_t p = 0; p < log_.partitions(); ++p) {
            if (log_.head(p) > 0 && last_[p].value_or(0) < log_.head(p)) return false;
        }
        return true;
    }

    TopicHeld finish() {
        for (std::uint16_t p = 0; p < log_.partitions(); ++p) {
            if (last_[p].value_or(0) >= log_.head(p)) continue;
            findings_.add(
                Breach::lost,
                fmt::format(
                    "topic: partition {} ends at {}, the log at {}", p, last_[p].value_or(0), log_.head(p)
                )
            );
        }
        held_.missing =
            log_.events() - std::min(log_.events(), held_.records - std::min(held_.records, held_.repeated));
        return held_;
    }

private:
    static std::string place(const kafka::ConsumedRecord& record) {
        return fmt::format("{}/{}", record.partition, record.position);
    }

    const DayLog& log_;
    bool complete_;
    Findings& findings_;
    std::vector<std::optional<std::uint64_t>> last_;
    TopicHeld held_;
};

}  // namespace

TopicHeld check_topic(
    const std::string& bootstrap, const std::string& topic, bool complete, const DayLog& log,
    Findings& findings
) {
    // The broker's transient errors would only clutter the report; a broker that stays away ends in silence.
    const kafka::LogSink quiet = [](kafka::Severity, std::string_view, const std::string&) {};
    const auto kind = complete ? kafka::BrokerKind::real : kafka::BrokerKind::embedded;
    kafka::EventConsumer consumer({{kind, bootstrap}, topic, "bench"}, quiet);
    std::vector<kafka::ConsumerStart> starts;
    for (std::uint16_t p = 0; p < log.partitions(); ++p) starts.push_back({p, std::nullopt});
    consumer.assign(starts);

    TopicCheck check(log, complete, findings);
    auto heard = std::chrono::steady_clock::now();
    while (!check.at_heads() && std::chrono::steady_clock::now() - heard < kSilenceMax) {
        const auto polled = consumer.poll(kRecordsPerPoll, kBytesPerPoll, kPollWait);
        for (const auto& record : polled.records) check.take(record);
        if (!polled.records.empty()) heard = std::chrono::steady_clock::now();
    }
    return check.finish();
}

}  // namespace annals::bench
