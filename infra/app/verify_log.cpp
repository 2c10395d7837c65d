#include "infra/app/verify_log.hpp"

#include "infra/crypto/sha256.hpp"

#include <algorithm>

namespace annals::app {

namespace {

/// How many events before its turn a stream's entry is asked of the memory, which takes longer than a check.
constexpr std::size_t kPrefetchEvents = 8;

void problem(CheckedEvents& into, std::string what) {
    ++into.problem_count;
    if (into.problems.size() < kProblemsMax)
        into.problems.push_back({into.numbers.size() - 1, std::move(what)});
}

bool same_bytes(const crypto::Digest& digest, std::string_view bytes) {
    return std::ranges::equal(digest, bytes, {}, {}, [](char c) { return static_cast<std::uint8_t>(c); });
}

/// Whether each column says what the line says, which `document` has parsed.
bool same_columns(
    const pg::ScannedEvent& event, const contract::Envelope& line, const contract::JsonDocument& document
) {
    return line.event_id == event.event_id && line.tenant == event.tenant && line.stream == event.stream &&
           line.version == event.version && line.tenant_position == event.tenant_position &&
           line.position.number == event.position && line.position.partition == event.partition &&
           line.category == event.category && line.effective_at == event.effective_at &&
           line.recorded_at == event.recorded_at && line.actor.id == event.actor_id &&
           line.command == event.command && line.causation == event.causation &&
           line.correlation == event.correlation && document.text("type") == event.type &&
           document.integer("schemaversion") == event.schema_version &&
           document.text("actorkind") == event.actor_kind;
}

}  // namespace

void EventChecker::take(const pg::ScannedEvent& event, CheckedEvents& into) {
    into.numbers.push_back({event.position, event.version, event.tenant_position, event.stream, event.tenant}
    );
    if (!same_bytes(crypto::leaf_hash(event.line), event.leaf_hash))
        problem(into, "the leaf hash does not match the line");
    check_line(event, into);
}

/// The columns beside the line exist to find events; a doctored one must not go unseen.
void EventChecker::check_line(const pg::ScannedEvent& event, CheckedEvents& into) {
    const auto recorded = contract::read_event_line(document_, event.line, nullptr);
    if (!recorded) {
        problem(into, "the line cannot be read: " + recorded.error().code + ", " + recorded.error().detail);
        return;
    }
    const Position& position = recorded->envelope.position;
    if (!same_columns(event, recorded->envelope, document_))
        problem(into, "a column says something else than the line");
    const std::uint32_t epoch = history_.at(event.partition, event.position);
    if (position.epoch != epoch) {
        problem(
            into, "the line is of epoch " + std::to_string(position.epoch) + ", appended in epoch " +
                      std::to_string(epoch)
        );
    }
}

void LogVerifier::problem(std::uint16_t partition, std::uint64_t position, const std::string& what) {
    ++problem_count_;
    if (problems_.size() >= kProblemsMax) return;
    problems_.push_back(
        "partition " + std::to_string(partition) + " position " + std::to_string(position) + ": " + what
    );
}

void LogVerifier::take(const CheckedEvents& events) {
    const std::vector<EventNumbers>& numbers = events.numbers;
    auto own = events.problems.begin();
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        if (i + kPrefetchEvents < numbers.size()) versions_.prefetch(numbers[i + kPrefetchEvents].stream);
        take(events.partition, numbers[i]);
        for (; own != events.problems.end() && own->event == i; ++own)
            problem(events.partition, numbers[i].position, own->what);
    }
    problem_count_ += events.problem_count - events.problems.size();
}

void LogVerifier::take(std::uint16_t partition, const EventNumbers& event) {
    ++events_;
    std::uint64_t& seen = seen_.at(partition);
    if (event.position != seen + 1)
        problem(partition, event.position, "the position before it was " + std::to_string(seen));
    seen = event.position;
    const StreamVersion version = versions_.exchange(event.stream, event.version);
    if (event.version != version + 1) {
        problem(
            partition, event.position,
            "version " + std::to_string(event.version) + " of its stream follows version " +
                std::to_string(version)
        );
    }
    const std::uint64_t tenant_position =
        tenant_positions_.exchange(event.tenant.value, event.tenant_position);
    if (event.tenant_position != tenant_position + 1) {
        problem(
            partition, event.position,
            "realm position " + std::to_string(event.tenant_position) + " follows " +
                std::to_string(tenant_position)
        );
    }
}

void LogVerifier::finish() {
    const auto tell = [&](std::size_t partition, const std::string& what) {
        ++problem_count_;
        problems_.push_back("partition " + std::to_string(partition) + ": " + what);
    };
    for (std::size_t partition = 0; partition < outline_.heads.size(); ++partition) {
        const std::uint64_t head = outline_.heads[partition];
        if (seen_[partition] != head) {
            tell(
                partition, "the head is " + std::to_string(head) + ", the last event is " +
                               std::to_string(seen_[partition])
            );
        }
        const std::uint32_t raised = outline_.history.at(static_cast<std::uint16_t>(partition), head + 1);
        if (outline_.epochs[partition] != raised) {
            tell(
                partition, "the head is in epoch " + std::to_string(outline_.epochs[partition]) +
                               ", log.epoch says " + std::to_string(raised)
            );
        }
    }
    if (outline_.stray_partition) {
        ++problem_count_;
        problems_.push_back(
            "partition " + std::to_string(*outline_.stray_partition) + ": there are events, but no head"
        );
    }
}

}  // namespace annals::app
