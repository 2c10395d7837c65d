#include "commands/kernel/job_queue.hpp"

#include <ranges>
#include <utility>

namespace annals {

bool JobQueue::push(CommandJob& job) {
    {
        const std::lock_guard lock(mutex_);
        if (stopping_ || commands_ >= commands_max_) return false;
        commands_ += job.requests.size();
        jobs_.push_back(std::move(job));
    }
    wake_.notify_one();
    return true;
}

void JobQueue::put_back(std::deque<CommandJob>& jobs) {
    const std::lock_guard lock(mutex_);
    for (CommandJob& job : jobs | std::views::reverse) {
        commands_ += job.requests.size();
        jobs_.push_front(std::move(job));
    }
}

std::deque<CommandJob> JobQueue::take(std::size_t commands) {
    std::unique_lock lock(mutex_);
    wake_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
    std::deque<CommandJob> taken;
    std::size_t count = 0;
    while (!jobs_.empty() && count < commands) {
        count += jobs_.front().requests.size();
        taken.push_back(std::move(jobs_.front()));
        jobs_.pop_front();
    }
    commands_ -= count;
    return taken;
}

void JobQueue::stop() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_one();
}

bool JobQueue::stops_within(std::chrono::milliseconds pause) {
    std::unique_lock lock(mutex_);
    return wake_.wait_for(lock, pause, [this] { return stopping_; });
}

std::size_t JobQueue::size() const {
    const std::lock_guard lock(mutex_);
    return commands_;
}

}  // namespace annals
