#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace annals::runtime {

/// A fixed number of threads behind a queue of limited length. Any thread may submit. A job that throws is
/// logged and ends alone; the pool goes on.
class WorkerPool {
public:
    using Job = std::move_only_function<void()>;

    /// `name` shows in thread lists and logs (cut to 11 characters there). Both numbers are at least 1.
    WorkerPool(std::string name, std::size_t threads, std::size_t queued_max);
    /// As stop().
    ~WorkerPool();
    WorkerPool(const WorkerPool&) = delete;
    WorkerPool& operator=(const WorkerPool&) = delete;

    /// False when the queue is full or the pool stops; the job is then left with the caller, untouched.
    [[nodiscard]] bool try_submit(Job&& job);
    [[nodiscard]] std::size_t queued() const;

    /// Refuses new jobs, runs what is queued, ends the threads. Not from a job of this pool.
    void stop();
    /// The same with a deadline: what is still queued then is dropped. Jobs that run are always waited for,
    /// since a thread cannot be ended from outside. True when everything ran.
    bool stop_within(std::chrono::milliseconds limit);

private:
    void run_jobs();
    void run_one(Job& job) const;
    void join_threads();

    const std::string name_;
    const std::size_t queued_max_;
    mutable std::mutex mutex_;
    std::condition_variable job_or_stop_;
    std::condition_variable queue_empty_;
    std::deque<Job> queue_;
    bool stopping_{false};
    std::mutex join_mutex_;
    // Last: the threads use everything above.
    std::vector<std::thread> threads_;
};

}  // namespace annals::runtime
