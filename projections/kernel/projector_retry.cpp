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
        Retry retry{.member = &*member, .partition = partition, .stream = stream};
        while (retry_page(retry, kRetryPageEvents)) {
        }
        result.applied += retry.result.applied;
        result.skipped += retry.result.skipped;
        result.failed += retry.blocked.size();
    }
    load_members();
    return result;
}

RetryResult Projector::retry_unknown() {
    if (unknown_.empty()) return {};
    Retry& retry = unknown_.back();
    retry.result = {};
    const bool more = retry_page(retry, kRetryTurnEvents);
    const RetryResult result = retry.result;
    if (!more) unknown_.pop_back();
    if (result.applied > 0) load_members();
    return result;
}

/// Tries the next parked events of the queue; false when there are none.
bool Projector::retry_page(Retry& retry, std::size_t limit) {
    if (!owns(retry.partition)) return false;
    const auto queue = store_.parked(retry.member->name, retry.partition, retry.after, limit);
    if (queue.empty()) return false;
    for (const ParkedEvent& parked : queue) {
        if (retry.takes(parked)) retry_until_settled(parked, retry);
        if (!owns(retry.partition)) return false;
    }
    retry.after = queue.back().position;
    return true;
}

void Projector::retry_until_settled(const ParkedEvent& parked, Retry& retry) {
    for (std::size_t attempt = 1;; ++attempt) {
        try {
            retry_event(parked, retry);
            return;
        } catch (const ProjectorFenced&) {
            ++totals_.fenced_total;
            if (attempt == kRetryAttemptsMax) throw;
            load_members();
            if (!owns(retry.partition)) return;
            // Somebody else may have retried it meanwhile.
            const auto still = store_.parked(retry.member->name, retry.partition, parked.position - 1, 1);
            if (still.empty() || still.front().position != parked.position) return;
        }
    }
}

/// Applies one parked event or gives it up.
void Projector::retry_event(const ParkedEvent& parked, Retry& retry) {
    RowSet rows(retry.member->type->tables, &store_);
    std::string detail;
    std::string code;
    const bool given_up = retry.member->left_out.contains({parked.partition, parked.position});
    if (!given_up) code = try_parked(retry, parked, rows, detail);
    if (code.empty()) {
        if (unpark(parked, retry, rows, detail)) {
            retry.freed.insert(parked.stream);
            ++(given_up ? retry.result.skipped : retry.result.applied);
            return;
        }
        code = "database";
    }
    retry.blocked.insert(parked.stream);
    if (retry.unknown_only && code == kParkedUnknownType && code == parked.code) return;
    ProjectionBatch failed;
    failed.failed.push_back(parked);
    failed.failed.back().code = std::move(code);
    failed.failed.back().detail = detail.substr(0, kParkedDetailBytesMax);
    (void)store_.apply(failed);
}

/// Takes an event off the queue and writes what it changed. The checkpoint stays where it is, but its
/// generation rises, so that a projector that runs meanwhile reloads which streams are parked. False when the
/// database refuses a value.
bool Projector::unpark(const ParkedEvent& parked, Retry& retry, const RowSet& rows, std::string& refusal) {
    auto& head = retry.member->heads[parked.partition];
    ProjectionBatch batch;
    batch.moves.push_back(
        {retry.member->name,
         parked.partition,
         head.position,
         head.position,
         head.generation,
         head.generation + 1,
         {},
         owned_[parked.partition]->lease_epoch}
    );
    add_changes(rows, batch);
    batch.unparked.push_back(parked);
    const ApplyResult result = store_.apply(batch);
    if (result.outcome == ApplyOutcome::fenced)
        throw ProjectorFenced("the projector moved on during a retry");
    refusal = result.detail;
    if (result.outcome == ApplyOutcome::applied) ++head.generation;
    return result.outcome == ApplyOutcome::applied;
}

/// Runs the reducer. Answers why it failed, or nothing.
std::string Projector::try_parked(
    const Retry& retry, const ParkedEvent& parked, RowSet& rows, std::string& detail
) {
    auto lines = log_.read(parked.partition, parked.position - 1, 1);
    if (lines.empty() || lines.front().position != parked.position) {
        detail = "the log does not have it";
        return "unreadable";
    }
    const Decoded event = decode({parked.partition, parked.position, {}, std::move(lines.front().line)});
    if (!event.event) {
        detail = event.parked_detail();
        return event.parked_code();
    }
    const auto reaction = retry.member->reactions.find(event.type);
    if (reaction == retry.member->reactions.end()) return {};
    try {
        reaction->second->apply(*event.event, rows);
    } catch (const ProjectionStoreUnavailable&) {
        throw;
    } catch (const std::exception& fault) {
        detail = fault.what();
        return "reducer";
    }
    return {};
}

}  // namespace annals
