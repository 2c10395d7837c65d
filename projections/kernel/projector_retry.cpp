#include "projections/kernel/projector_work.hpp"

#include <algorithm>

namespace annals {

std::size_t Projector::retry_parked(std::string_view projection) {
    const auto member = std::ranges::find_if(members_, [&](const Member& each) {
        return each.name == projection || each.type->name == projection;
    });
    if (member == members_.end()) return 0;
    std::size_t applied_events = 0;
    for (std::uint16_t partition = 0; partition < partitions(); ++partition) {
        std::uint64_t after = 0;
        std::size_t fenced = 0;
        while (owns(partition)) {
            const auto queue = store_.parked(member->name, partition, after, kRetryPageEvents);
            if (queue.empty()) break;
            try {
                applied_events += retry_page(*member, partition, queue);
                after = queue.back().position;
            } catch (const ProjectorFenced&) {
                ++totals_.fenced_total;
                if (++fenced == kFencedRetriesMax) throw;
                load_members();
            }
        }
    }
    load_members();
    return applied_events;
}

/// Applies what can be applied of one page of parked events. The checkpoint stays where it is, but its
/// generation rises, so that a projector that runs meanwhile reloads which streams are parked.
std::size_t Projector::retry_page(
    Member& member, std::uint16_t partition, std::span<const ParkedEvent> queue
) {
    std::vector<Decoded> events;
    for (const ParkedEvent& parked : queue) {
        auto lines = log_.read(partition, parked.position - 1, 1);
        if (lines.empty() || lines.front().position != parked.position) {
            throw LogDiverged("parked position " + std::to_string(parked.position) + " is not in the log");
        }
        events.push_back(decode({partition, parked.position, {}, std::move(lines.front().line)}));
    }
    std::set<Uuid> blocked;  // streams whose first event still fails
    std::size_t applied_events = 0;
    for (std::size_t i = 0; i < events.size(); ++i) {
        const Decoded& event = events[i];
        const auto reaction = member.reactions.find(event.type);
        if (blocked.contains(event.stream)) continue;
        blocked.insert(event.stream);
        if (!event.event || reaction == member.reactions.end()) continue;
        RowSet rows(member.type->tables, &store_);
        try {
            reaction->second->apply(*event.event, rows);
        } catch (const ProjectionStoreUnavailable&) {
            throw;
        } catch (const std::exception&) {
            continue;
        }
        auto& head = member.heads[partition];
        ProjectionBatch batch;
        batch.moves.push_back(
            {member.name,
             partition,
             head.position,
             head.position,
             head.generation,
             head.generation + 1,
             {},
             owned_[partition]->lease_epoch}
        );
        add_changes(rows, batch);
        batch.unparked.push_back(queue[i]);
        const ApplyResult result = store_.apply(batch);
        if (result.outcome == ApplyOutcome::fenced)
            throw ProjectorFenced("the projector moved on during a retry");
        if (result.outcome != ApplyOutcome::applied) continue;
        ++head.generation;
        ++applied_events;
        blocked.erase(event.stream);
    }
    return applied_events;
}

}  // namespace annals
