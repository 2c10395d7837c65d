#pragma once

#include "commands/kernel/command_bus.hpp"

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <vector>

namespace annals {

/// One unit of deciding: a single command, or an atomic group of one realm.
struct CommandJob {
    std::vector<CommandRequest> requests;
    GroupCompletion done;
    std::chrono::steady_clock::time_point queued_at;
    bool in_doubt{false};  ///< an append with it broke off: it may have been committed, or still be
};

/// Jobs on their way to one writer. Bounded in commands; thread-safe.
class JobQueue {
public:
    explicit JobQueue(std::size_t commands_max) : commands_max_(commands_max) {}

    /// False when the queue is full or stops; then `job` is untouched. A group is taken whole or not at all.
    bool push(CommandJob& job);
    /// In front of the others and in their order, however full the queue is.
    void put_back(std::deque<CommandJob>& jobs);
    /// Waits for jobs and takes them in their order until they hold `commands` commands or more. Nothing when
    /// the queue stops and is empty.
    std::deque<CommandJob> take(std::size_t commands);
    /// Refuses new jobs from now on.
    void stop();
    /// Waits for a stop, no longer than this; true when there is one.
    bool stops_within(std::chrono::milliseconds pause);
    /// Commands that wait.
    [[nodiscard]] std::size_t size() const;

private:
    const std::size_t commands_max_;
    mutable std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<CommandJob> jobs_;
    std::size_t commands_{0};
    bool stopping_{false};
};

}  // namespace annals
