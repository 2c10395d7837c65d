#include "infra/postgres/shared_reads.hpp"

#include <vector>

namespace annals::pg {

std::optional<Rows> SharedReads::read(Read& read) {
    std::unique_lock lock(mutex_);
    if (groups_ < groups_max_) {
        ++groups_;
        read.leads_ = true;
    } else if (!wait_for_group(lock, read)) {
        return std::nullopt;
    }
    if (read.leads_) run_group(lock, read);
    lock.unlock();
    if (read.failure) std::rethrow_exception(read.failure);
    return std::move(read.rows);
}

/// False when no group took it in time.
bool SharedReads::wait_for_group(std::unique_lock<std::mutex>& lock, Read& read) {
    waiting_.push_back(&read);
    const auto over = [&] { return read.done_ || read.leads_; };
    if (read.woken_.wait_for(lock, wait_max_, over)) return true;
    if (!read.taken_) {
        std::erase(waiting_, &read);
        return false;
    }
    // A group takes no longer than its statements may.
    read.woken_.wait(lock, over);
    return true;
}

std::size_t SharedReads::waiting() const {
    const std::lock_guard lock(mutex_);
    return waiting_.size();
}

/// Of all that wait by now: the leader needed a moment to wake, and the larger a group the better.
void SharedReads::run_group(std::unique_lock<std::mutex>& lock, Read& leader) {
    std::vector<Read*> group{&leader};
    while (!waiting_.empty() && group.size() < kSharedReadsMax) {
        waiting_.front()->taken_ = true;
        group.push_back(waiting_.front());
        waiting_.pop_front();
    }
    lock.unlock();
    run_(group);
    lock.lock();
    for (Read* read : group) {
        read->done_ = true;
        // Under the lock: once it is released, its thread may take the read away.
        if (read != &leader) read->woken_.notify_one();
    }
    hand_on();
}

/// A group has ended, and the first of those that wait runs the next one. It waits no more: two groups that
/// end together need two leaders.
void SharedReads::hand_on() {
    if (waiting_.empty()) {
        --groups_;
        return;
    }
    Read* const leader = waiting_.front();
    waiting_.pop_front();
    leader->leads_ = true;
    leader->woken_.notify_one();
}

}  // namespace annals::pg
