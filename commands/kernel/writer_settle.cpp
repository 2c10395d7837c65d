#include "commands/kernel/writer_batch.hpp"

namespace annals {

/// Something else than a head stood against the append, for example a command id that another process used
/// without an event. Whatever it is, the log says it better than the cache, and only one job may suffer for
/// it.
void Writer::distrust_cache(Batch& batch) {
    batch.jobs_max = 1;
    committed_->reset();
    committed_->synchronise();
}

bool Writer::settle(Batch& batch, AppendOutcome outcome) {
    if (outcome == AppendOutcome::written) {
        batch.layer->keep_committed();
        batch.lines->keep_committed();
        counters_.batches.fetch_add(1, std::memory_order_relaxed);
        counters_.events.fetch_add(batch.append.events.size(), std::memory_order_relaxed);
        withhold_doubtful(batch);
        if (!batch.append.events.empty() && options_.appended)
            options_.appended(std::move(batch.append.events));
        return true;
    }
    batch.layer->forget_subjects();
    switch (outcome) {
        case AppendOutcome::head_moved:
            counters_.heads_moved.fetch_add(1, std::memory_order_relaxed);
            batch.told_head_moved = true;
            batch.overtaken = true;
            careful_batches_ = kCarefulBatches;
            return false;
        case AppendOutcome::reservation_taken:
            batch.jobs_max = 1;
            return false;
        case AppendOutcome::refused_for_good:
            return isolate(batch);
        case AppendOutcome::in_doubt:
            note_doubt(batch);
            return false;
        default:
            throw StoreUnavailable("the database refused the append");
    }
}

/// Halves find the one job whose rows the database will never take. It alone fails; what is left of the batch
/// goes on.
bool Writer::isolate(Batch& batch) {
    if (batch.results.size() > 1) {
        batch.jobs_max = batch.results.size() / 2;
        return false;
    }
    report(
        "WRITER-2ad9", "the database will never take what a command of this name wrote: " +
                           std::string(batch.jobs.front().requests.front().type->name())
    );
    counters_.isolated.fetch_add(1, std::memory_order_relaxed);
    const Rejection said = batch.jobs.front().in_doubt
                               ? outcome_unknown()
                               : reject("INTERNAL", "the command could not be stored");
    std::ranges::fill(batch.results.front(), std::unexpected(said));
    return true;
}

void Writer::note_doubt(Batch& batch) {
    counters_.in_doubt.fetch_add(1, std::memory_order_relaxed);
    report("WRITER-d0b7", "the connection broke during an append; its outcome is looked up");
    committed_->reset();
    // A job that was rejected has nothing in the append, so its next decision is as good as the first.
    for (std::size_t i = 0; i < batch.results.size(); ++i) {
        const bool accepted = std::ranges::any_of(batch.results[i], &CommandResult::has_value);
        batch.jobs[i].in_doubt = batch.jobs[i].in_doubt || accepted;
    }
    batch.doubtful.clear();
    for (const PartitionMove& move : batch.append.partitions)
        batch.doubtful[move.partition] = move.expected_head;
}

/// An append that broke off may still be on its way to PostgreSQL. It is harmless once one of its heads
/// moved; until then a command that was in it and would be rejected now must not be told so.
void Writer::withhold_doubtful(Batch& batch) {
    const bool may_come =
        !batch.doubtful.empty() && std::ranges::all_of(batch.doubtful, [&](const auto& expected) {
            return committed_->head(expected.first) == expected.second;
        });
    if (!may_come) return;
    for (std::size_t i = 0; i < batch.results.size(); ++i) {
        if (!batch.jobs[i].in_doubt) continue;
        for (CommandResult& result : batch.results[i]) {
            if (!result) result = std::unexpected(outcome_unknown());
        }
    }
}

/// Takes the jobs that were decided off the batch; what did not fit any more is put back in front of the
/// queue.
void Writer::answer(Batch& batch) {
    for (std::vector<CommandResult>& results : batch.results) {
        for (const CommandResult& result : results) {
            auto& counter = !result            ? counters_.rejected
                            : result->repeated ? counters_.repeated
                                               : counters_.accepted;
            counter.fetch_add(1, std::memory_order_relaxed);
        }
        batch.jobs.front().done(std::move(results));
        batch.jobs.pop_front();
    }
    queue_.put_back(batch.jobs);
}

/// A command whose append is in doubt is never told that it was refused.
void Writer::refuse(Batch& batch, const Rejection& rejection) {
    for (CommandJob& job : batch.jobs) {
        counters_.rejected.fetch_add(job.requests.size(), std::memory_order_relaxed);
        const Rejection& said = job.in_doubt ? outcome_unknown() : rejection;
        job.done(std::vector<CommandResult>(job.requests.size(), std::unexpected(said)));
    }
}

void Writer::refuse_stalled() {
    std::deque<CommandJob> stalled =
        queue_.take_stalled(std::chrono::milliseconds(options_.limits.queue_stall_ms_max));
    if (stalled.empty()) return;
    const Rejection said = reject("OVERLOADED", "commands are waiting for the database too long; try again");
    for (CommandJob& job : stalled) {
        counters_.refused_stalled.fetch_add(job.requests.size(), std::memory_order_relaxed);
        job.done(std::vector<CommandResult>(job.requests.size(), std::unexpected(said)));
    }
}

}  // namespace annals
