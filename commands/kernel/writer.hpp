#pragma once

#include "commands/kernel/command_bus.hpp"
#include "commands/kernel/decide_command.hpp"
#include "commands/kernel/job_queue.hpp"

#include <atomic>
#include <deque>
#include <thread>

namespace annals {

/// Counters shared by all writers of a process.
struct CommandCounters {
    std::atomic<std::uint64_t> accepted{0};
    std::atomic<std::uint64_t> rejected{0};
    std::atomic<std::uint64_t> repeated{0};
    std::atomic<std::uint64_t> batches{0};
    std::atomic<std::uint64_t> events{0};
    std::atomic<std::uint64_t> heads_moved{0};
    std::atomic<std::uint64_t> in_doubt{0};
    std::atomic<std::uint64_t> isolated{0};
    std::atomic<std::uint64_t> refused_full{0};
    std::atomic<std::uint64_t> refused_realm{0};
    std::atomic<std::uint64_t> refused_slow{0};
    std::atomic<std::uint64_t> refused_stalled{0};
};

/// Owns one connection and one thread: takes what is queued, decides it in order, appends all of it in one
/// statement, answers. While it commits, the next batch collects. Other processes are noticed by a moved
/// head; then everything is decided again on top of what they wrote.
class Writer {
public:
    Writer(const CommandBusOptions& options, CommandCounters& counters);
    ~Writer();

    /// `job` is untouched unless it was taken.
    JobQueue::Verdict enqueue(CommandJob& job) { return queue_.push(job); }
    [[nodiscard]] JobQueue::Verdict would_take(TenantId realm) { return queue_.would_take(realm); }
    /// Refuses what waits when the writer has taken nothing for too long. Any thread.
    void refuse_stalled();
    /// Finishes what is queued.
    void stop();
    [[nodiscard]] const JobQueue& queue() const { return queue_; }

private:
    struct Batch;

    void run();
    void process(std::deque<CommandJob> jobs);
    void start_over();
    bool attempt_patiently(Batch& batch);
    bool attempt(Batch& batch);
    [[nodiscard]] std::vector<std::uint16_t> heads_of(const Batch& batch) const;
    void find_repeats(Batch& batch, bool all);
    void decide(Batch& batch);
    std::vector<CommandResult> decide_job(const CommandJob& job, Batch& batch);
    CommandResult decide_one(const CommandRequest& request, Batch& batch, WorkingLayer& group);
    void fill_answers(
        const CommandJob& job, Batch& batch, WorkingLayer& group, const std::vector<std::uint64_t>& numbers,
        std::vector<CommandResult>& results
    );
    bool settle(Batch& batch, AppendOutcome outcome);
    bool isolate(Batch& batch);
    void distrust_cache(Batch& batch);
    void note_doubt(Batch& batch);
    void withhold_doubtful(Batch& batch);
    void refuse(Batch& batch, const Rejection& rejection);
    void answer(Batch& batch);
    template <class Run>
    auto contain(Run&& run) -> decltype(run());
    void report(std::string_view code, const std::string& detail) const;

    const CommandBusOptions options_;
    CommandCounters& counters_;
    std::unique_ptr<EventStore> store_;
    std::unique_ptr<CommittedState> committed_;
    std::size_t careful_batches_{0};  ///< attempts left that hold the heads before they decide

    JobQueue queue_;
    std::thread thread_;
};

}  // namespace annals
