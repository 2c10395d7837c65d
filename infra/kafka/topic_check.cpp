#include "infra/kafka/topic_check.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <stdexcept>

namespace annals::kafka {
namespace {

constexpr std::uint64_t kProgressEvery = 10'000;

}  // namespace

std::string_view to_string(TopicState state) {
    switch (state) {
        case TopicState::equal:
            return "equal";
        case TopicState::behind:
            return "behind";
        case TopicState::ahead:
            return "ahead";
        case TopicState::diverging:
            return "diverging";
        case TopicState::repeated:
            return "repeated";
        case TopicState::gap:
            return "gap";
        case TopicState::malformed:
            return "malformed";
    }
    return "unknown";
}

PartitionComparison::PartitionComparison(
    LogPages& log, std::uint16_t partition, std::uint64_t head, std::uint32_t epoch
)
    : log_(log, partition, head), head_(head), log_epoch_(epoch) {}

void PartitionComparison::take(const TopicRecord& record) {
    if (record.position == 0) return note(TopicState::malformed, held_);
    if (record.epoch > epoch_) {
        epoch_ = record.epoch;
        if (record.position <= held_) rewind(record.position);
    }
    if (record.position <= held_) return note(TopicState::repeated, record.position);
    if (record.position != held_ + 1) note(TopicState::gap, held_ + 1);
    held_ = record.position;
    if (!differs_ && !log_.has(record)) differs_ = record.position;
}

/// What stands from this position on is of a past that the log no longer has.
void PartitionComparison::rewind(std::uint64_t position) {
    superseded_ += held_ - (position - 1);
    held_ = position - 1;
    if (differs_ && *differs_ >= position) differs_.reset();
}

void PartitionComparison::note(TopicState state, std::uint64_t position) {
    if (!damage_) damage_ = PartitionCheck{.state = state, .position = position};
}

PartitionCheck PartitionComparison::finish() {
    if (differs_ && epoch_ < log_epoch_) rewind(*differs_);
    PartitionCheck check = damage_.value_or(PartitionCheck{});
    check.topic = held_;
    check.log = head_;
    check.superseded = superseded_;
    if (damage_) return check;
    if (differs_) {
        check.state = *differs_ > head_ ? TopicState::ahead : TopicState::diverging;
        check.position = *differs_;
    } else if (held_ < head_) {
        check.state = TopicState::behind;
    }
    return check;
}

std::vector<PartitionCheck> check_topic(TopicReader& topic, LogPages& log, const CheckProgress& progress) {
    const std::uint16_t partitions = topic.partitions();
    // The topic's ends before the log's, so that what is published meanwhile does not look ahead of the log.
    std::vector<TopicReader::Range> ranges;
    for (std::uint16_t p = 0; p < partitions; ++p) ranges.push_back(topic.range(p));
    const LogEnd end = log.end();
    if (end.heads.size() != partitions) {
        throw std::runtime_error(fmt::format(
            "the topic has {} partitions, the log {}: they do not belong together", partitions,
            end.heads.size()
        ));
    }
    std::uint64_t total = 0;
    for (const auto& range : ranges) total += static_cast<std::uint64_t>(range.high - range.low);
    std::uint64_t before = 0;
    std::uint64_t told = 0;
    std::vector<PartitionCheck> checks;
    for (std::uint16_t p = 0; p < partitions; ++p) {
        PartitionComparison comparison(log, p, end.heads[p], end.epoch);
        topic.read(p, ranges[p], [&](const TopicRecord& record) {
            comparison.take(record);
            const auto done = before + static_cast<std::uint64_t>(record.offset - ranges[p].low) + 1;
            if (done < told + kProgressEvery) return;
            told = done;
            progress(done, total);
        });
        before += static_cast<std::uint64_t>(ranges[p].high - ranges[p].low);
        PartitionCheck check = comparison.finish();
        // A topic whose records were all removed has none that would show the gap.
        if (ranges[p].low > 0 && check.state == TopicState::behind && check.topic == 0) {
            check.state = TopicState::gap;
            check.position = 1;
        }
        checks.push_back(check);
    }
    progress(total, total);
    return checks;
}

std::string describe(const PartitionCheck& check) {
    std::string text;
    switch (check.state) {
        case TopicState::equal:
            text = fmt::format("equal, {} events", check.topic);
            break;
        case TopicState::behind:
            text = fmt::format(
                "behind by {}: topic {}, log {}", check.log - check.topic, check.topic, check.log
            );
            break;
        case TopicState::ahead:
            text = fmt::format("ahead: topic {}, log {}", check.topic, check.log);
            break;
        case TopicState::diverging:
            text = fmt::format("diverging at position {}", check.position);
            break;
        case TopicState::repeated:
            text = fmt::format("position {} comes twice", check.position);
            break;
        case TopicState::gap:
            text = fmt::format("position {} is missing", check.position);
            break;
        case TopicState::malformed:
            text = fmt::format("a record after position {} has no valid position", check.position);
            break;
    }
    if (check.superseded > 0) text += fmt::format("; {} superseded records", check.superseded);
    return text;
}

}  // namespace annals::kafka
