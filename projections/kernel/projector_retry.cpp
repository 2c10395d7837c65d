#include "projections/kernel/projector_work.hpp"

#include <algorithm>

namespace annals {
namespace {

/// Lets others work on the parked events of a projection again.
class RetryHeld {
public:
    RetryHeld(ProjectionStore& store, const ProjectionType& type) : store_(store), type_(type) {}
    ~RetryHeld() { store_.end_retry(type_); }
    RetryHeld(const RetryHeld&) = delete;
    RetryHeld& operator=(const RetryHeld&) = delete;

private:
    ProjectionStore& store_;
    const ProjectionType& type_;
};

}  // namespace

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
        while (retry_page(retry)) {
        }
        result.applied += retry.result.applied;
        result.skipped += retry.result.skipped;
        result.failed += retry.blocked.size();
    }
    load_members();
    return result;
}

/// Tries the next parked events of the queue; false when there are none.
bool Projector::retry_page(Retry& retry) {
    if (!owns(retry.partition)) return false;
    const auto queue = store_.parked(retry.member->name, retry.partition, retry.after, kRetryPageEvents);
    if (queue.empty()) return false;
    for (const ParkedEvent& parked : queue) {
        if (retry.stream && parked.stream != *retry.stream) continue;
        if (!retry.blocked.contains(parked.stream)) retry_until_settled(parked, retry);
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
    std::string code = try_parked(*retry.member, parked, rows, detail);
    if (code.empty()) {
        if (unpark(std::span(&parked, 1), retry, rows, detail)) return;
        code = "database";
    }
    retry.blocked.insert(parked.stream);
    if (code == kParkedUnknownType) note_unknown(parked.event_type);
    // As in walk(). Whoever knows all types finds out whether that was the reason.
    if (code == "reducer" && !unknown_types_.empty()) code = kParkedUnknownType;
    if (!retry.by_operator && code == parked.code) return;
    ProjectionBatch failed;
    failed.failed.push_back(parked);
    failed.failed.back().code = std::move(code);
    failed.failed.back().detail = shortened(detail);
    retry.moved = store_.apply(failed).outcome == ApplyOutcome::applied || retry.moved;
}

void Projector::look_for_unknown() {
    unknown_.clear();
    for (std::size_t i = 0; i < members_.size(); ++i) {
        if (members_[i].parked.empty()) continue;
        for (std::uint16_t partition = 0; partition < partitions(); ++partition) {
            if (owns(partition)) unknown_.emplace_back(i, partition);
        }
    }
}

std::size_t Projector::take_up() {
    if (unknown_.empty()) return 0;
    const auto [index, partition] = unknown_.back();
    Retry retry{.member = &members_[index], .partition = partition, .by_operator = false};
    try {
        if (!take_up_turn(retry)) unknown_.pop_back();
    } catch (const ProjectorFenced&) {
        // Somebody else worked on the projection, or has the partition now. The next turn begins anew.
        ++totals_.fenced_total;
        load_members();
    }
    return retry.result.applied + retry.result.skipped;
}

/// Answers whether something changed, so that the next turn finds other events.
bool Projector::take_up_turn(Retry& retry) {
    Member& member = *retry.member;
    if (!owns(retry.partition)) return false;
    const auto waiting = [&](std::size_t limit) {
        return store_.parked_unknown(member.name, retry.partition, unknown_types_, limit);
    };
    if (waiting(1).empty()) return false;
    const auto given_up = store_.begin_retry(*member.type);
    if (!given_up) return false;
    const RetryHeld held(store_, *member.type);
    member.left_out = {given_up->begin(), given_up->end()};
    const auto queue = waiting(kTakeUpEvents);
    if (queue.empty()) return false;
    if (!take_up_together(queue, retry)) {
        for (const ParkedEvent& parked : queue) {
            if (!retry.blocked.contains(parked.stream)) retry_event(parked, retry);
        }
    }
    return retry.moved;
}

/// In one transaction; false when one of them cannot be applied, and then none is.
bool Projector::take_up_together(std::span<const ParkedEvent> queue, Retry& retry) {
    RowSet rows(retry.member->type->tables, &store_);
    std::string detail;
    for (const ParkedEvent& parked : queue) {
        if (!try_parked(*retry.member, parked, rows, detail).empty()) return false;
    }
    return unpark(queue, retry, rows, detail);
}

/// Takes events off the queue and writes what they changed. The checkpoint stays where it is, but its
/// generation rises, so that a projector that runs meanwhile reloads which streams are parked. False when the
/// database refuses a value.
bool Projector::unpark(
    std::span<const ParkedEvent> events, Retry& retry, const RowSet& rows, std::string& refusal
) {
    Member& member = *retry.member;
    auto& head = member.heads[retry.partition];
    ProjectionBatch batch;
    batch.moves.push_back(
        {member.name,
         retry.partition,
         head.position,
         head.position,
         head.generation,
         head.generation + 1,
         {},
         owned_[retry.partition]->lease_epoch}
    );
    add_changes(rows, batch);
    batch.unparked.assign(events.begin(), events.end());
    const ApplyResult result = store_.apply(batch);
    if (result.outcome == ApplyOutcome::fenced)
        throw ProjectorFenced("the projector moved on during a retry");
    refusal = result.detail;
    if (result.outcome != ApplyOutcome::applied) return false;
    retry.moved = true;
    ++head.generation;
    for (const ParkedEvent& event : events) {
        const bool given_up = member.left_out.contains({event.partition, event.position});
        ++(given_up ? retry.result.skipped : retry.result.applied);
        const auto stream = member.parked.find(event.stream);
        if (stream != member.parked.end() && --stream->second == 0) member.parked.erase(stream);
    }
    return true;
}

void Projector::note_unknown(const std::string& type) {
    if (std::ranges::find(unknown_types_, type) == unknown_types_.end()) unknown_types_.push_back(type);
}

/// Runs the reducer, unless the event was given up. Answers why it failed, or nothing.
std::string Projector::try_parked(
    Member& member, const ParkedEvent& parked, RowSet& rows, std::string& detail
) {
    if (member.left_out.contains({parked.partition, parked.position})) return {};
    try {
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
        const auto reaction = member.reactions.find(event.type);
        if (reaction != member.reactions.end()) reaction->second->apply(*event.event, rows);
        return {};
    } catch (const ProjectionStoreUnavailable&) {
        throw;
    } catch (const LogDamaged& damage) {
        detail = damage.what();
        return "unreadable";
    } catch (const std::exception& fault) {
        detail = fault.what();
        return "reducer";
    }
}

}  // namespace annals
