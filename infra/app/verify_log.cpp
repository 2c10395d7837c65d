#include "infra/app/verify_log.hpp"

#include "infra/crypto/sha256.hpp"

namespace annals::app {

void LogVerifier::problem(const EventRow& event, const std::string& what) {
    ++problem_count_;
    if (problems_.size() >= kProblemsMax) return;
    problems_.push_back(
        "partition " + std::to_string(event.partition) + " position " + std::to_string(event.position) +
        ": " + what
    );
}

void LogVerifier::take(const EventRow& event) {
    ++events_;
    std::uint64_t& seen = seen_.at(event.partition);
    if (event.position != seen + 1) problem(event, "the position before it was " + std::to_string(seen));
    seen = event.position;
    StreamVersion& version = versions_[event.stream];
    if (event.version != version + 1) {
        problem(
            event, "version " + std::to_string(event.version) + " of its stream follows version " +
                       std::to_string(version)
        );
    }
    version = event.version;
    std::uint64_t& tenant_position = tenant_positions_[event.tenant];
    if (event.tenant_position != tenant_position + 1) {
        problem(
            event, "realm position " + std::to_string(event.tenant_position) + " follows " +
                       std::to_string(tenant_position)
        );
    }
    tenant_position = event.tenant_position;
    if (crypto::leaf_hash(event.line) != event.leaf_hash)
        problem(event, "the leaf hash does not match the line");
    check_line(event);
}

/// The columns beside the line exist to find events; a doctored one must not go unseen.
void LogVerifier::check_line(const EventRow& event) {
    const auto recorded = contract::read_event_line(document_, event.line, nullptr);
    if (!recorded) {
        problem(event, "the line cannot be read: " + recorded.error().code + ", " + recorded.error().detail);
        return;
    }
    const contract::Envelope& envelope = recorded->envelope;
    const bool same = envelope.event_id == event.event_id && envelope.tenant == event.tenant &&
                      envelope.stream == event.stream && envelope.version == event.version &&
                      envelope.tenant_position == event.tenant_position &&
                      envelope.position.number == event.position &&
                      envelope.position.partition == event.partition && envelope.category == event.category &&
                      document_.text("type") == event.type;
    if (!same) problem(event, "a column says something else than the line");
    const std::uint32_t epoch = outline_.history.at(event.partition, event.position);
    if (envelope.position.epoch != epoch) {
        problem(
            event, "the line is of epoch " + std::to_string(envelope.position.epoch) +
                       ", appended in epoch " + std::to_string(epoch)
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
}

}  // namespace annals::app
