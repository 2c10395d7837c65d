#include "infra/kafka/relay_session.hpp"

#include "domain/kernel/overloaded.hpp"
#include "infra/kafka/topic_admin.hpp"
#include "infra/kafka/topic_reader.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace annals::kafka {
namespace {

using Clock = std::chrono::steady_clock;

/// A transaction is committed when all that was waiting is in it, or after this time. Committing by number of
/// events instead would be slow: a producer manages about 200 transactions a second.
constexpr std::chrono::milliseconds kTransactionMax{20};
constexpr std::size_t kReadRecordsMax = 1'000;
constexpr std::size_t kReadBytesMax = 1 << 20;
/// What the embedded broker gets of the past. It keeps about 6,000 events of 700 bytes in each partition.
constexpr std::uint64_t kEmbeddedRefillMax = 4'000;
/// Being behind by more than this when a leader starts is worth a warning: the topic lost events or is new.
constexpr std::uint64_t kRefillNoticeMin = 10'000;
constexpr std::chrono::seconds kProgressEvery{2};

void require(ProducerResult result) {
    if (!result) throw RelaySessionEnded(result.error().kind, result.error().message);
}

}  // namespace

RelaySession::RelaySession(
    const RelaySettings& settings, RelayLog& log, RelayStatusBoard& board, const LogSink& sink,
    const std::function<bool()>& stop_requested
)
    : settings_(settings),
      log_(log),
      board_(board),
      sink_(sink),
      stop_requested_(stop_requested),
      producer_(
          {settings.broker, settings.topic, settings.partitions,
           fmt::format("annals-relay-{}-{}", settings.topic, settings.group), settings.transaction_timeout},
          sink, stop_requested
      ),
      partitions_(settings.partitions) {}

void RelaySession::open() {
    check_topic();
    require(producer_.init());
    // Only now: before init() an older leader could still have moved the ends.
    const auto tails =
        read_topic_tails(settings_.broker, settings_.topic, settings_.partitions, sink_, stop_requested_);
    const auto [epoch, heads] = read_end();
    epoch_ = epoch;
    for (std::uint16_t p = 0; p < settings_.partitions; ++p) resume(p, tails[p], heads[p]);
    next_progress_ = Clock::now() + kProgressEvery;
    board_.update([epoch](RelayStatus& status) {
        status.phase = RelayPhase::publishing;
        status.epoch = epoch;
        status.message.clear();
    });
    report(heads, 0);
}

void RelaySession::check_topic() {
    const auto check =
        ensure_topic(settings_.broker, settings_.topic, settings_.partitions, sink_, stop_requested_);
    if (check.verdict == TopicVerdict::ready || check.verdict == TopicVerdict::created) return;
    if (check.verdict == TopicVerdict::refused) sink_(Severity::error, "KAFKA-41d8", check.message);
    throw RelaySessionEnded(ProducerFailure::transient, check.message);
}

LogEnd RelaySession::read_end() {
    auto end = log_.end();
    if (end.heads.size() != settings_.partitions) {
        throw std::runtime_error(
            fmt::format("the log has {} partitions, expected {}", end.heads.size(), settings_.partitions)
        );
    }
    return end;
}

void RelaySession::resume(std::uint16_t partition, const Tail& tail, std::uint64_t head) {
    std::visit(
        Overloaded{
            [&](const TailEmpty&) { start_empty(partition, head); },
            [&](const TailRecord& record) { resume_after(partition, record, head); },
            [&](const TailUnknown& unknown) { refuse(partition, "KAFKA-6e02", unknown.reason); },
        },
        tail
    );
    auto& state = partitions_[partition];
    if (state.refused) return;
    state.refill_until = head;
    const std::uint64_t behind = head - state.published;
    refilling_ = refilling_ || behind > 0;
    if (behind > kRefillNoticeMin) {
        sink_(
            Severity::warning, "KAFKA-2f8a",
            fmt::format(
                "{} is {} events behind the log and is refilled from position {}", place(partition), behind,
                state.published + 1
            )
        );
    }
}

void RelaySession::start_empty(std::uint16_t partition, std::uint64_t head) {
    const bool embedded = settings_.broker.kind == BrokerKind::embedded;
    if (embedded && head > kEmbeddedRefillMax) partitions_[partition].published = head - kEmbeddedRefillMax;
    if (head == 0) return;
    sink_(
        Severity::info, "KAFKA-93be",
        fmt::format(
            "{} is empty and is filled from position {} to {}{}", place(partition),
            partitions_[partition].published + 1, head,
            embedded ? "; the embedded broker holds only the newest events" : ""
        )
    );
}

void RelaySession::resume_after(std::uint16_t partition, const TailRecord& tail, std::uint64_t head) {
    auto& state = partitions_[partition];
    state.published = tail.position;
    state.epoch = tail.epoch;
    LogCursor cursor(log_, partition, head);
    const LogRecord* const line = cursor.at(tail.position);
    if (line != nullptr && line->line == tail.line) return;
    if (tail.epoch < epoch_) return supersede(partition, tail, head);
    if (line == nullptr) {
        refuse_history(
            partition, "KAFKA-c650", tail,
            fmt::format("ends at position {} but the log ends at {}", tail.position, head)
        );
    } else {
        refuse_history(
            partition, "KAFKA-e117", tail,
            fmt::format("has another event at position {} than the log", tail.position)
        );
    }
}

/// The log was restored, and a person raised its epoch: the topic goes on behind the last event that both
/// have. Nothing is taken away; the new epoch in the records tells readers what no longer counts.
void RelaySession::supersede(std::uint16_t partition, const TailRecord& tail, std::uint64_t head) {
    TopicReader topic(settings_.broker, settings_.topic, sink_);
    auto& state = partitions_[partition];
    state.published = last_common_position(topic, partition, log_, head);
    state.epoch = epoch_;
    sink_(
        Severity::warning, "KAFKA-84b2",
        fmt::format(
            "{} ends at position {} of epoch {}, which the log no longer has: it goes on at position {} in "
            "epoch {}, and what it held from there on is superseded",
            place(partition), tail.position, tail.epoch, state.published + 1, epoch_
        )
    );
}

void RelaySession::refuse_history(
    std::uint16_t partition, std::string_view code, const TailRecord& tail, std::string_view what
) {
    refuse(
        partition, code,
        fmt::format(
            "{} {}: the log was restored to an earlier state, or the topic belongs to another log. If it was "
            "restored, run `annals log raise-epoch{} --reason TEXT`, and it goes on by itself in this topic, "
            "readers being told; otherwise publish to a new topic",
            place(partition), what, tail.epoch > epoch_ ? fmt::format(" --above {}", tail.epoch) : ""
        )
    );
}

void RelaySession::refuse(std::uint16_t partition, std::string_view code, std::string message) {
    partitions_[partition].refused = true;
    sink_(Severity::error, code, message);
    board_.update([&](RelayStatus& status) {
        auto& shown = status.partitions[partition];
        shown.state = RelayPartitionState::refused;
        shown.message = std::move(message);
    });
}

RelaySession::Round RelaySession::publish_round() {
    const auto [epoch, heads] = read_end();
    if (epoch != epoch_) return Round::epoch_raised;
    for (std::uint16_t p = 0; p < settings_.partitions; ++p) {
        if (partitions_[p].refused || heads[p] >= partitions_[p].published) continue;
        refuse(
            p, "KAFKA-0a95",
            fmt::format(
                "the log of {} went back from position {} to {} while it was being published", place(p),
                partitions_[p].published, heads[p]
            )
        );
    }
    auto sent = published();
    const auto waiting = [&] {
        for (std::size_t p = 0; p < partitions_.size(); ++p) {
            if (lags(p, heads, sent)) return true;
        }
        return false;
    };
    if (!waiting()) {
        report(heads, 0);
        return Round::idle;
    }
    require(producer_.begin());
    produce_until_deadline(heads, sent);
    board_.update([&seen = heads](RelayStatus& status) {
        status.see(seen);
        status.commit_since = Clock::now();
    });
    require(producer_.commit());
    std::uint64_t records = 0;
    for (std::size_t p = 0; p < partitions_.size(); ++p) {
        records += sent[p] - partitions_[p].published;
        partitions_[p].published = sent[p];
    }
    report(heads, records);
    if (refilling_) report_progress(heads);
    return waiting() ? Round::behind : Round::published;
}

void RelaySession::produce_until_deadline(
    const std::vector<std::uint64_t>& heads, std::vector<std::uint64_t>& sent
) {
    const auto deadline = Clock::now() + kTransactionMax;
    std::size_t passed_over = 0;  // partitions in a row that had nothing to send
    while (passed_over < partitions_.size() && Clock::now() < deadline) {
        const auto partition = next_partition_;
        next_partition_ = (next_partition_ + 1) % partitions_.size();
        if (lags(partition, heads, sent) &&
            produce_chunk(static_cast<std::uint16_t>(partition), sent[partition])) {
            passed_over = 0;
        } else {
            ++passed_over;
        }
    }
}

/// Sends the next events of the partition and moves `sent`. False when the partition had to be refused.
bool RelaySession::produce_chunk(std::uint16_t partition, std::uint64_t& sent) {
    auto records = log_.read(partition, sent, kReadRecordsMax, kReadBytesMax);
    if (records.empty()) {
        throw std::runtime_error(fmt::format(
            "the log of {} names a head beyond {} but returns nothing after it", place(partition), sent
        ));
    }
    for (auto& record : records) {
        if (record.position != sent + 1) {
            refuse(
                partition, "KAFKA-b3d4",
                fmt::format(
                    "the log of {} goes from position {} to {}: it is damaged. Run annals verify",
                    place(partition), sent, record.position
                )
            );
            return false;
        }
        if (record.line.size() > kLineBytesMax) {
            refuse(
                partition, "KAFKA-58c6",
                fmt::format(
                    "event {} of {} has {} bytes, more than the topic takes ({})", record.position,
                    place(partition), record.line.size(), kLineBytesMax
                )
            );
            return false;
        }
        // Events of a restored log that were appended before the epoch was raised are published in the new
        // one.
        record.epoch = std::max(record.epoch, partitions_[partition].epoch);
        require(producer_.produce(partition, record));
        sent = record.position;
    }
    return true;
}

void RelaySession::report(const std::vector<std::uint64_t>& heads, std::uint64_t records) {
    board_.update([&](RelayStatus& status) {
        status.see(heads);
        for (std::size_t p = 0; p < partitions_.size(); ++p) {
            const auto& partition = partitions_[p];
            auto& shown = status.partitions[p];
            shown.published = partition.published;
            if (partition.refused) continue;
            shown.message.clear();
            shown.state = partition.published < partition.refill_until ? RelayPartitionState::refilling
                                                                       : RelayPartitionState::current;
        }
        status.records_total += records;
        if (records > 0) ++status.commits_total;
        status.commit_since.reset();
    });
}

void RelaySession::report_progress(const std::vector<std::uint64_t>& heads) {
    std::uint64_t done = 0;
    std::uint64_t goal = 0;
    refilling_ = false;
    for (std::size_t p = 0; p < partitions_.size(); ++p) {
        if (partitions_[p].refused) continue;
        done += partitions_[p].published;
        goal += heads[p];
        refilling_ = refilling_ || partitions_[p].published < partitions_[p].refill_until;
    }
    if (!refilling_) {
        sink_(
            Severity::info, "KAFKA-7d19", fmt::format("topic {} has caught up with the log", settings_.topic)
        );
    } else if (Clock::now() >= next_progress_) {
        next_progress_ = Clock::now() + kProgressEvery;
        sink_(
            Severity::info, "KAFKA-34ac",
            fmt::format("refilling topic {}: {} of {} events", settings_.topic, done, goal)
        );
    }
}

std::vector<std::uint64_t> RelaySession::published() const {
    std::vector<std::uint64_t> positions;
    positions.reserve(partitions_.size());
    for (const auto& partition : partitions_) positions.push_back(partition.published);
    return positions;
}

std::string RelaySession::place(std::uint16_t partition) const {
    return fmt::format("{}[{}]", settings_.topic, partition);
}

}  // namespace annals::kafka
