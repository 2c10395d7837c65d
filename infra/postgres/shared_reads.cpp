#include "infra/postgres/shared_reads.hpp"

#include <algorithm>

namespace annals::pg {

std::optional<Rows> SharedReads::read(Read& read) {
    std::unique_lock lock(mutex_);
    if (groups_ < groups_max_) {
        ++groups_;
        read.group_ = {&read};
    } else if (!wait_for_group(lock, read)) {
        return std::nullopt;
    }
    if (!read.group_.empty()) run_group(lock, read.group_);
    lock.unlock();
    if (read.failure) std::rethrow_exception(read.failure);
    return std::move(read.rows);
}

/// False when no group took it in time.
bool SharedReads::wait_for_group(std::unique_lock<std::mutex>& lock, Read& read) {
    waiting_.push_back(&read);
    const auto over = [&] { return read.done_ || !read.group_.empty(); };
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

void SharedReads::run_group(std::unique_lock<std::mutex>& lock, const std::vector<Read*>& group) {
    lock.unlock();
    run_(group);
    lock.lock();
    for (Read* read : group) {
        read->done_ = true;
        // Under the lock: once it is released, its thread may take the read away.
        if (read != group.front()) read->woken_.notify_one();
    }
    hand_on();
}

/// A group has ended: what waits makes the next one, and the first of them runs it.
void SharedReads::hand_on() {
    if (waiting_.empty()) {
        --groups_;
        return;
    }
    const auto count = static_cast<std::ptrdiff_t>(std::min(waiting_.size(), kSharedReadsMax));
    std::vector<Read*> group(waiting_.begin(), waiting_.begin() + count);
    waiting_.erase(waiting_.begin(), waiting_.begin() + count);
    for (Read* read : group) read->taken_ = true;
    // The others sleep on until it has run.
    Read* const leader = group.front();
    leader->group_ = std::move(group);
    leader->woken_.notify_one();
}

}  // namespace annals::pg
