#include "projections/kernel/projector_work.hpp"

#include <algorithm>

namespace annals {

void Projector::leave_out(std::string_view projection, std::span<const EventPlace> places) {
    const auto member = std::ranges::find(members_, projection, &Member::name);
    if (member != members_.end()) member->left_out.insert(places.begin(), places.end());
}

RetryResult Projector::retry_parked(std::string_view projection, std::optional<Uuid> stream) {
    const auto member = std::ranges::find_if(members_, [&](const Member& each) {
        return each.name == projection || each.type->name == projection;
    });
    if (member == members_.end()) return {};
    RetryResult result;
    for (std::uint16_t partition = 0; partition < partitions(); ++partition) {
        Retry retry{stream, {}, {}};
        std::uint64_t after = 0;
        while (owns(partition)) {
            const auto queue = store_.parked(member->name, partition, after, kRetryPageEvents);
            if (queue.empty()) break;
            retry_page(*member, partition, queue, retry);
            after = queue.back().position;
        }
        result.applied += retry.result.applied;
        result.skipped += retry.result.skipped;
        result.failed += retry.blocked.size();
    }
    load_members();
    return result;
}

void Projector::retry_page(
    Member& member, std::uint16_t partition, std::span<const ParkedEvent> queue, Retry& retry
) {
    for (const ParkedEvent& parked : queue) {
        if (retry.stream && parked.stream != *retry.stream) continue;
        if (retry.blocked.contains(parked.stream)) continue;
        for (std::size_t attempt = 1;; ++attempt) {
            try {
                retry_event(member, parked, retry);
                break;
            } catch (const ProjectorFenced&) {
                ++totals_.fenced_total;
                if (attempt == kRetryAttemptsMax || !owns(partition)) throw;
                load_members();
                // Somebody else may have retried it meanwhile.
                const auto still = store_.parked(member.name, partition, parked.position - 1, 1);
                if (still.empty() || still.front().position != parked.position) break;
            }
        }
    }
}

/// Applies one parked event or gives it up. The checkpoint stays where it is, but its generation rises, so
/// that a projector that runs meanwhile reloads which streams are parked.
void Projector::retry_event(Member& member, const ParkedEvent& parked, Retry& retry) {
    const std::uint16_t partition = parked.partition;
    auto& head = member.heads[partition];
    RowSet rows(member.type->tables, &store_);
    std::string detail;
    std::string code;
    const bool given_up = member.left_out.contains({partition, parked.position});
    if (!given_up) {
        auto lines = log_.read(partition, parked.position - 1, 1);
        if (lines.empty() || lines.front().position != parked.position) {
            throw LogDiverged(
                partition, "parked position " + std::to_string(parked.position) + " is not in the log"
            );
        }
        code = try_parked(
            member, decode({partition, parked.position, {}, std::move(lines.front().line)}), rows, detail
        );
    }
    if (code.empty()) {
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
        batch.unparked.push_back(parked);
        const ApplyResult result = store_.apply(batch);
        if (result.outcome == ApplyOutcome::fenced)
            throw ProjectorFenced("the projector moved on during a retry");
        if (result.outcome == ApplyOutcome::applied) {
            ++head.generation;
            ++(given_up ? retry.result.skipped : retry.result.applied);
            return;
        }
        code = "database";
        detail = result.detail.substr(0, kParkedDetailBytesMax);
    }
    retry.blocked.insert(parked.stream);
    ProjectionBatch failed;
    failed.failed.push_back(parked);
    failed.failed.back().code = std::move(code);
    failed.failed.back().detail = std::move(detail);
    (void)store_.apply(failed);
}

/// Runs the reducer. Answers why it failed, or nothing.
std::string Projector::try_parked(Member& member, const Decoded& event, RowSet& rows, std::string& detail) {
    if (!event.event) {
        detail = event.event.error().code + ": " + event.event.error().detail;
        return "unreadable";
    }
    const auto reaction = member.reactions.find(event.type);
    if (reaction == member.reactions.end()) return {};
    try {
        reaction->second->apply(*event.event, rows);
    } catch (const ProjectionStoreUnavailable&) {
        throw;
    } catch (const std::exception& fault) {
        detail = std::string(fault.what()).substr(0, kParkedDetailBytesMax);
        return "reducer";
    }
    return {};
}

}  // namespace annals
