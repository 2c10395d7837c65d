#include "infra/app/check_log.hpp"

#include "domain/kernel/thread_name.hpp"

#include <atomic>
#include <condition_variable>
#include <future>
#include <map>
#include <mutex>
#include <numeric>
#include <utility>

namespace annals::app {
namespace {

/// Ranges that wait for one before them; a thread that is further ahead pauses.
constexpr std::size_t kRangesAheadMax = 16;

/// The whole of each partition, in pieces. The first and the last one have no bound, so that they find what
/// stands before position 1 or beyond the head.
std::vector<pg::ScanRange> pieces_of(const std::vector<std::uint64_t>& heads, std::uint64_t range_events) {
    std::vector<pg::ScanRange> ranges;
    for (std::size_t partition = 0; partition < heads.size(); ++partition) {
        pg::ScanRange range{.partition = static_cast<std::uint16_t>(partition)};
        for (std::uint64_t upto = range_events; upto < heads[partition]; upto += range_events) {
            const auto until = static_cast<std::int64_t>(upto);
            ranges.push_back({range.partition, range.after, until});
            range.after = until;
        }
        ranges.push_back(range);
    }
    return ranges;
}

class LogCheck {
public:
    LogCheck(const std::string& dsn, const LogCheckOptions& options)
        : options_(options),
          scan_(dsn),
          verifier_(scan_.outline()),
          ranges_(pieces_of(scan_.outline().heads, options.range_events)) {
        const auto& heads = scan_.outline().heads;
        of_ = std::accumulate(heads.begin(), heads.end(), std::uint64_t{0});
    }

    LogVerifier run() {
        std::vector<std::future<void>> threads;
        for (std::size_t i = 1; i < options_.threads; ++i) {
            threads.push_back(std::async(std::launch::async, [this, i] {
                name_this_thread("verify", i);
                work();
            }));
        }
        // A thread that fails lets the others end, and its exception is the one to tell.
        std::exception_ptr failure;
        try {
            work();
        } catch (...) {
            failure = std::current_exception();
        }
        for (auto& thread : threads) {
            try {
                thread.get();
            } catch (...) {
                if (!failure) failure = std::current_exception();
            }
        }
        if (failure) std::rethrow_exception(failure);
        verifier_.finish();
        if (options_.progress) options_.progress(verifier_.events(), of_);
        return std::move(verifier_);
    }

private:
    void work() {
        try {
            pg::ScanReader reader = scan_.open_reader();
            EventChecker checker(scan_.outline().history);
            for (std::size_t i = next_range_++; i < ranges_.size() && wait_turn(i); i = next_range_++) {
                CheckedEvents events;
                events.partition = ranges_[i].partition;
                reader.read(ranges_[i], [&](const pg::ScannedEvent& event) { checker.take(event, events); });
                hand_over(i, std::move(events));
            }
        } catch (...) {
            const std::scoped_lock lock(mutex_);
            failed_ = true;
            moved_.notify_all();
            throw;
        }
    }

    /// Waits while too many ranges before this one are not verified; false when another thread failed.
    bool wait_turn(std::size_t range) {
        std::unique_lock lock(mutex_);
        moved_.wait(lock, [&] { return failed_ || range < verified_ + kRangesAheadMax; });
        return !failed_;
    }

    /// Whoever brings the next range in order verifies it and those that waited for it; the others go on.
    void hand_over(std::size_t range, CheckedEvents events) {
        std::unique_lock lock(mutex_);
        waiting_.emplace(range, std::move(events));
        if (std::exchange(verifying_, true)) return;
        for (auto next = waiting_.extract(verified_); next; next = waiting_.extract(verified_)) {
            lock.unlock();
            verifier_.take(next.mapped());
            if (options_.progress) options_.progress(verifier_.events(), of_);
            lock.lock();
            ++verified_;
            moved_.notify_all();
        }
        verifying_ = false;
    }

    const LogCheckOptions& options_;
    pg::LogScan scan_;
    LogVerifier verifier_;  ///< of the thread that set verifying_
    const std::vector<pg::ScanRange> ranges_;
    std::uint64_t of_{0};
    std::atomic<std::size_t> next_range_{0};

    std::mutex mutex_;
    std::condition_variable moved_;
    std::map<std::size_t, CheckedEvents> waiting_;
    std::size_t verified_{0};
    bool verifying_{false};
    bool failed_{false};
};

}  // namespace

LogVerifier check_log(const std::string& dsn, const LogCheckOptions& options) {
    return LogCheck(dsn, options).run();
}

}  // namespace annals::app
