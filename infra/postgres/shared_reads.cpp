#include "infra/postgres/shared_reads.hpp"

#include <algorithm>
#include <vector>

namespace annals::pg {

Rows SharedReads::read(Read& read) {
    std::unique_lock lock(mutex_);
    waiting_.push_back(&read);
    if (groups_ < groups_max_) {
        ++groups_;
        run_group(lock);
    } else {
        read.woken_.wait(lock, [&] { return read.done_ || read.leads_; });
        if (!read.done_) run_group(lock);
    }
    lock.unlock();
    if (read.failure) std::rethrow_exception(read.failure);
    return std::move(*read.rows);
}

std::size_t SharedReads::waiting() const {
    const std::lock_guard lock(mutex_);
    return waiting_.size();
}

/// The calling thread's read is the first of those that wait.
void SharedReads::run_group(std::unique_lock<std::mutex>& lock) {
    const auto end =
        waiting_.begin() + static_cast<std::ptrdiff_t>(std::min(waiting_.size(), kSharedReadsMax));
    const std::vector<Read*> group(waiting_.begin(), end);
    waiting_.erase(waiting_.begin(), end);
    lock.unlock();
    run_(group);
    lock.lock();
    for (Read* read : group) {
        read->done_ = true;
        // Under the lock: once it is released, its thread may take the read away.
        if (read != group.front()) read->woken_.notify_one();
    }
    if (waiting_.empty()) {
        --groups_;
    } else {
        waiting_.front()->leads_ = true;
        waiting_.front()->woken_.notify_one();
    }
}

}  // namespace annals::pg
