#include "infra/runtime/worker_pool.hpp"

#include "domain/kernel/assert.hpp"
#include "domain/kernel/thread_name.hpp"
#include "infra/runtime/log.hpp"

#include <exception>
#include <sys/resource.h>
#include <utility>

namespace annals::runtime {
namespace {

constexpr int kBackgroundNice = 10;
/// How often waiting jobs are looked at.
constexpr std::chrono::milliseconds kWatchInterval{100};

/// On Linux a nice value belongs to a thread. A refusal leaves it as it was, which costs others time and
/// nobody anything else.
void give_way() {
    const int now = getpriority(PRIO_PROCESS, 0);
    if (now < kBackgroundNice) (void)setpriority(PRIO_PROCESS, 0, kBackgroundNice);
}

}  // namespace

WorkerPool::WorkerPool(
    std::string name, std::size_t threads, std::size_t queued_max, WorkerWait wait, WorkerPriority priority
)
    : name_(std::move(name)), queued_max_(queued_max), wait_(wait) {
    ANNALS_ASSERT(threads >= 1, "a pool without threads never runs anything");
    ANNALS_ASSERT(queued_max >= 1, "a pool without a queue never takes anything");
    threads_.reserve(threads);
    for (std::size_t i = 0; i < threads; ++i)
        threads_.emplace_back([this, i, priority] { run_jobs(i, priority); });
    if (wait_.give_up_after == kNoWaitLimit) return;
    watcher_ = std::thread([this, threads] { watch_waiting(threads); });
}

WorkerPool::~WorkerPool() {
    stop();
}

bool WorkerPool::try_submit(Job&& job, Job&& give_up) {
    {
        const auto now = Clock::now();
        const std::scoped_lock lock(mutex_);
        if (stopping_) return false;
        const bool slow = queue_.size() >= wait_.free_jobs && !queue_.empty() &&
                          now - queue_.front().since > wait_.admit_max;
        if (slow || queue_.size() >= queued_max_) {
            ++stats_.refused;
            return false;
        }
        queue_.push_back({std::move(job), std::move(give_up), now});
    }
    job_or_stop_.notify_one();
    return true;
}

std::size_t WorkerPool::queued() const {
    const std::scoped_lock lock(mutex_);
    return queue_.size();
}

std::chrono::milliseconds WorkerPool::age() const {
    const auto now = Clock::now();
    const std::scoped_lock lock(mutex_);
    if (queue_.empty()) return {};
    return std::chrono::duration_cast<std::chrono::milliseconds>(now - queue_.front().since);
}

WorkerPool::Stats WorkerPool::stats() const {
    const std::scoped_lock lock(mutex_);
    return stats_;
}

void WorkerPool::stop() {
    {
        const std::scoped_lock lock(mutex_);
        stopping_ = true;
    }
    job_or_stop_.notify_all();
    stop_or_time_.notify_all();
    join_threads();
}

bool WorkerPool::stop_within(std::chrono::milliseconds limit) {
    std::deque<Queued> dropped;
    {
        std::unique_lock lock(mutex_);
        stopping_ = true;
        job_or_stop_.notify_all();
        stop_or_time_.notify_all();
        queue_empty_.wait_for(lock, limit, [this] { return queue_.empty(); });
        dropped.swap(queue_);
    }
    join_threads();
    return dropped.empty();
}

void WorkerPool::run_jobs(std::size_t number, WorkerPriority priority) {
    name_this_thread(name_, number);
    if (priority == WorkerPriority::background) give_way();
    while (true) {
        Job job;
        {
            std::unique_lock lock(mutex_);
            job_or_stop_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
            if (queue_.empty()) return;
            job = std::move(queue_.front().run);
            queue_.pop_front();
            if (queue_.empty()) queue_empty_.notify_all();
        }
        run_one(job);
    }
}

/// All threads may be busy with something that hangs; then somebody else has to say so.
void WorkerPool::watch_waiting(std::size_t number) {
    name_this_thread(name_, number);
    std::unique_lock lock(mutex_);
    while (!stop_or_time_.wait_for(lock, kWatchInterval, [this] { return stopping_; })) {
        const auto limit = Clock::now() - wait_.give_up_after;
        std::vector<Job> given_up;
        std::erase_if(queue_, [&](Queued& queued) {
            if (queued.since > limit || !queued.give_up) return false;
            given_up.push_back(std::move(queued.give_up));
            return true;
        });
        stats_.given_up += given_up.size();
        lock.unlock();
        for (Job& job : given_up) run_one(job);
        lock.lock();
    }
}

void WorkerPool::run_one(Job& job) const {
    try {
        job();
    } catch (const std::exception& error) {
        log(Level::error, "POOL-2c8e", "a job failed", {{"pool", name_}, {"error", error.what()}});
    }
}

void WorkerPool::join_threads() {
    const std::scoped_lock lock(join_mutex_);
    for (auto& thread : threads_) {
        if (thread.joinable()) thread.join();
    }
    if (watcher_.joinable()) watcher_.join();
}

}  // namespace annals::runtime
