#pragma once

#include "commands/kernel/command_bus.hpp"
#include "commands/kernel/decide_command.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

namespace annals {

/// One unit of deciding: a single command, or an atomic group of one realm.
struct CommandJob {
    std::vector<CommandRequest> requests;
    GroupCompletion done;
    std::chrono::steady_clock::time_point queued_at;
};

/// Counters shared by all writers of a process.
struct CommandCounters {
    std::atomic<std::uint64_t> accepted{0};
    std::atomic<std::uint64_t> rejected{0};
    std::atomic<std::uint64_t> repeated{0};
    std::atomic<std::uint64_t> batches{0};
    std::atomic<std::uint64_t> events{0};
    std::atomic<std::uint64_t> heads_moved{0};
    std::atomic<std::uint64_t> in_doubt{0};
};

/// Owns one connection and one thread: takes what is queued, decides it in order, appends all of it in one
/// statement, answers. While it commits, the next batch collects. Other processes are noticed by a moved
/// head; then everything is decided again on top of what they wrote.
class Writer {
public:
    Writer(const CommandBusOptions& options, CommandCounters& counters);
    ~Writer();

    /// False when the queue is full or the writer stops; then `job` is untouched.
    bool enqueue(CommandJob& job);
    void stop();
    [[nodiscard]] std::size_t queued() const;

private:
    struct Batch;

    void run();
    std::deque<CommandJob> take();
    void process(std::deque<CommandJob> jobs);
    bool attempt_patiently(Batch& batch);
    bool attempt(Batch& batch);
    void find_repeats(Batch& batch, bool all);
    void decide(Batch& batch);
    std::vector<CommandResult> decide_job(const CommandJob& job, Batch& batch);
    CommandResult decide_one(const CommandRequest& request, Batch& batch, WorkingLayer& group);
    void fill_answers(
        const CommandJob& job, Batch& batch, WorkingLayer& group, const std::vector<std::uint64_t>& numbers,
        std::vector<CommandResult>& results
    );
    bool settle(Batch& batch, AppendOutcome outcome);
    void refuse(Batch& batch, const Rejection& rejection);
    void answer(Batch& batch);
    void report(std::string_view code, const std::string& detail) const;

    const CommandBusOptions options_;
    CommandCounters& counters_;
    std::unique_ptr<EventStore> store_;
    std::unique_ptr<CommittedState> committed_;

    mutable std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<CommandJob> queue_;
    bool stopping_{false};
    std::thread thread_;
};

}  // namespace annals
