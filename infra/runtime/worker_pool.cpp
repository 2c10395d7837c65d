#include "infra/runtime/worker_pool.hpp"

#include "domain/kernel/assert.hpp"
#include "infra/runtime/log.hpp"

#include <exception>
#include <pthread.h>
#include <utility>

namespace annals::runtime {
namespace {

/// Linux keeps 15 characters of a thread's name; the rest of them is for its number.
constexpr std::size_t kThreadNameLengthMax = 11;

void name_thread(std::thread& thread, const std::string& pool, std::size_t number) {
    const std::string name = pool.substr(0, kThreadNameLengthMax) + "-" + std::to_string(number);
    pthread_setname_np(thread.native_handle(), name.substr(0, 15).c_str());
}

}  // namespace

WorkerPool::WorkerPool(std::string name, std::size_t threads, std::size_t queued_max)
    : name_(std::move(name)), queued_max_(queued_max) {
    ANNALS_ASSERT(threads >= 1, "a pool without threads never runs anything");
    ANNALS_ASSERT(queued_max >= 1, "a pool without a queue never takes anything");
    threads_.reserve(threads);
    for (std::size_t i = 0; i < threads; ++i) {
        threads_.emplace_back([this] { run_jobs(); });
        name_thread(threads_.back(), name_, i);
    }
}

WorkerPool::~WorkerPool() {
    stop();
}

bool WorkerPool::try_submit(Job&& job) {
    {
        const std::scoped_lock lock(mutex_);
        if (stopping_ || queue_.size() >= queued_max_) return false;
        queue_.push_back(std::move(job));
    }
    job_or_stop_.notify_one();
    return true;
}

std::size_t WorkerPool::queued() const {
    const std::scoped_lock lock(mutex_);
    return queue_.size();
}

void WorkerPool::stop() {
    {
        const std::scoped_lock lock(mutex_);
        stopping_ = true;
    }
    job_or_stop_.notify_all();
    join_threads();
}

bool WorkerPool::stop_within(std::chrono::milliseconds limit) {
    std::deque<Job> dropped;
    {
        std::unique_lock lock(mutex_);
        stopping_ = true;
        job_or_stop_.notify_all();
        queue_empty_.wait_for(lock, limit, [this] { return queue_.empty(); });
        dropped.swap(queue_);
    }
    join_threads();
    return dropped.empty();
}

void WorkerPool::run_jobs() {
    while (true) {
        Job job;
        {
            std::unique_lock lock(mutex_);
            job_or_stop_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
            if (queue_.empty()) return;
            job = std::move(queue_.front());
            queue_.pop_front();
            if (queue_.empty()) queue_empty_.notify_all();
        }
        run_one(job);
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
}

}  // namespace annals::runtime
