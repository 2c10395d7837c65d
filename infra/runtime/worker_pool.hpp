#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace annals::runtime {

inline constexpr std::chrono::hours kNoWaitLimit{1'000'000};

/// How long jobs may wait for a thread.
struct WorkerWait {
    /// While the oldest job waits longer, new ones are refused once `free_jobs` wait.
    std::chrono::milliseconds admit_max{kNoWaitLimit};
    std::size_t free_jobs{0};
    /// A job that waited so long is given up: it does not run, and its `give_up` is called.
    std::chrono::milliseconds give_up_after{kNoWaitLimit};
};

/// How the scheduler ranks a pool's threads.
enum class WorkerPriority : std::uint8_t {
    normal,
    /// Long computations that must not keep everything else waiting: a nice value of 10, about a tenth of a
    /// normal thread's share while processors are short, and all that is left over otherwise.
    background
};

/// A fixed number of threads behind a queue of limited length. Any thread may submit. A job that throws is
/// logged and ends alone; the pool goes on.
class WorkerPool {
public:
    using Job = std::move_only_function<void()>;

    /// `name` shows in thread lists and logs (as name_this_thread() cuts it). Both numbers are at least 1.
    WorkerPool(
        std::string name, std::size_t threads, std::size_t queued_max, WorkerWait wait = {},
        WorkerPriority priority = WorkerPriority::normal
    );
    /// As stop().
    ~WorkerPool();
    WorkerPool(const WorkerPool&) = delete;
    WorkerPool& operator=(const WorkerPool&) = delete;

    /// False when the queue is full or too slow or the pool stops; the jobs are then left with the caller,
    /// untouched. Later either the job runs, or `give_up` when it waited too long; a job without `give_up`
    /// waits as long as it takes.
    [[nodiscard]] bool try_submit(Job&& job, Job&& give_up = {});
    [[nodiscard]] std::size_t queued() const;
    /// How long the oldest job has waited; zero when none waits.
    [[nodiscard]] std::chrono::milliseconds age() const;
    struct Stats {
        std::uint64_t refused{0};
        std::uint64_t given_up{0};
    };
    [[nodiscard]] Stats stats() const;

    /// Refuses new jobs, runs what is queued, ends the threads. Not from a job of this pool.
    void stop();
    /// The same with a deadline: what is still queued then is dropped. Jobs that run are always waited for,
    /// since a thread cannot be ended from outside. True when everything ran.
    bool stop_within(std::chrono::milliseconds limit);

private:
    using Clock = std::chrono::steady_clock;
    struct Queued {
        Job run;
        Job give_up;
        Clock::time_point since;
    };

    void run_jobs(std::size_t number, WorkerPriority priority);
    void watch_waiting(std::size_t number);
    void run_one(Job& job) const;
    void join_threads();

    const std::string name_;
    const std::size_t queued_max_;
    const WorkerWait wait_;
    mutable std::mutex mutex_;
    std::condition_variable job_or_stop_;
    std::condition_variable queue_empty_;
    std::condition_variable stop_or_time_;
    std::deque<Queued> queue_;
    Stats stats_;
    bool stopping_{false};
    std::mutex join_mutex_;
    // Last: the threads use everything above.
    std::vector<std::thread> threads_;
    std::thread watcher_;  ///< only where jobs are given up
};

}  // namespace annals::runtime
