#include "commands/kernel/command_bus.hpp"

#include "commands/kernel/writer.hpp"
#include "domain/kernel/assert.hpp"
#include "domain/kernel/partitioning.hpp"
#include "domain/kernel/thread_name.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <unordered_set>

namespace annals {
namespace {

constexpr std::chrono::milliseconds kStallCheck{50};

}  // namespace

class CommandBus::Impl {
public:
    explicit Impl(CommandBusOptions options) : options_(std::move(options)) {
        ANNALS_ASSERT(options_.writers > 0, "a command bus needs a writer");
        for (std::uint16_t i = 0; i < options_.writers; ++i) {
            writers_.push_back(std::make_unique<Writer>(options_, counters_));
        }
        watcher_ = std::thread([this] { watch_for_stalls(); });
    }
    ~Impl() { stop(); }

    void submit(std::vector<CommandRequest> requests, bool bulk, GroupCompletion done) {
        std::vector<CommandKey> keys;
        for (const CommandRequest& request : requests) {
            if (request.repeatable) keys.push_back({request.realm, request.command_id});
        }
        if (!enter(keys)) {
            refuse(
                requests.size(), done,
                reject("IN_PROGRESS", "a command with this id is being decided right now")
            );
            return;
        }
        Writer& writer = writer_of(requests.front().realm);
        CommandJob job{
            std::move(requests),
            [this, keys, done = std::move(done)](std::vector<CommandResult> results) mutable {
                leave(keys);
                done(std::move(results));
            },
            std::chrono::steady_clock::now(), bulk
        };
        const std::size_t size = job.requests.size();
        const JobQueue::Verdict verdict = writer.enqueue(job);
        if (verdict != JobQueue::Verdict::taken) refuse(size, job.done, refusal(verdict, size));
    }

    std::optional<Rejection> refusal_now(TenantId realm) {
        const JobQueue::Verdict verdict = writer_of(realm).would_take(realm);
        if (verdict == JobQueue::Verdict::taken) return std::nullopt;
        return refusal(verdict, 1);
    }

    void submit_one(CommandRequest request, bool bulk, CommandCompletion done) {
        std::vector<CommandRequest> requests;
        requests.push_back(std::move(request));
        submit(
            std::move(requests), bulk,
            [done = std::move(done)](std::vector<CommandResult> results) mutable {
                done(std::move(results.front()));
            }
        );
    }

    void stop() {
        for (const auto& writer : writers_) writer->stop();
        {
            const std::lock_guard lock(watcher_mutex_);
            stopping_ = true;
        }
        watcher_wake_.notify_one();
        if (watcher_.joinable()) watcher_.join();
    }

    CommandStats stats() const {
        CommandStats stats;
        stats.accepted = counters_.accepted.load();
        stats.rejected = counters_.rejected.load();
        stats.repeated = counters_.repeated.load();
        stats.batches = counters_.batches.load();
        stats.events = counters_.events.load();
        stats.heads_moved = counters_.heads_moved.load();
        stats.in_doubt = counters_.in_doubt.load();
        stats.isolated = counters_.isolated.load();
        stats.refused_full = counters_.refused_full.load();
        stats.refused_realm = counters_.refused_realm.load();
        stats.refused_slow = counters_.refused_slow.load();
        stats.refused_stalled = counters_.refused_stalled.load();
        for (const auto& writer : writers_) {
            stats.queued += writer->queue().size();
            stats.queue_age_ms = std::max<std::int64_t>(stats.queue_age_ms, writer->queue().age().count());
        }
        return stats;
    }

private:
    Writer& writer_of(TenantId realm) {
        return *writers_[partition_of(realm, options_.partitions) % writers_.size()];
    }
    static void refuse(std::size_t count, GroupCompletion& done, const Rejection& rejection) {
        done(std::vector<CommandResult>(count, std::unexpected(rejection)));
    }

    Rejection refusal(JobQueue::Verdict verdict, std::size_t commands) {
        const auto count = [commands](std::atomic<std::uint64_t>& counter) {
            counter.fetch_add(commands, std::memory_order_relaxed);
        };
        switch (verdict) {
            case JobQueue::Verdict::taken:
            case JobQueue::Verdict::full:
                count(counters_.refused_full);
                return reject("OVERLOADED", "too many commands are waiting; try again");
            case JobQueue::Verdict::realm_full:
            case JobQueue::Verdict::realm_slow:
                count(counters_.refused_realm);
                return reject("OVERLOADED", "too many commands of this organization are waiting; try again");
            case JobQueue::Verdict::slow:
                count(counters_.refused_slow);
                return reject("OVERLOADED", "commands are waiting too long; try again");
            case JobQueue::Verdict::stopping:
                break;
        }
        return reject("UNAVAILABLE", "the server is stopping");
    }

    /// A writer that waits for PostgreSQL cannot answer those who wait for it.
    void watch_for_stalls() {
        name_this_thread("writer-watch");
        std::unique_lock lock(watcher_mutex_);
        while (!watcher_wake_.wait_for(lock, kStallCheck, [this] { return stopping_; })) {
            for (const auto& writer : writers_) writer->refuse_stalled();
        }
    }

    /// Notes that these command ids are being decided; false, and nothing noted, when one of them is already.
    bool enter(const std::vector<CommandKey>& keys) {
        if (keys.empty()) return true;
        const std::lock_guard lock(mutex_);
        for (std::size_t i = 0; i < keys.size(); ++i) {
            if (in_progress_.insert(keys[i]).second) continue;
            for (std::size_t entered = 0; entered < i; ++entered) in_progress_.erase(keys[entered]);
            return false;
        }
        return true;
    }
    void leave(const std::vector<CommandKey>& keys) {
        if (keys.empty()) return;
        const std::lock_guard lock(mutex_);
        for (const CommandKey& key : keys) in_progress_.erase(key);
    }

    const CommandBusOptions options_;
    CommandCounters counters_;
    std::mutex mutex_;
    std::unordered_set<CommandKey> in_progress_;
    std::vector<std::unique_ptr<Writer>> writers_;
    std::mutex watcher_mutex_;
    std::condition_variable watcher_wake_;
    bool stopping_{false};
    std::thread watcher_;
};

CommandBus::CommandBus(CommandBusOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}
CommandBus::~CommandBus() = default;

void CommandBus::submit(CommandRequest request, CommandCompletion done) {
    impl_->submit_one(std::move(request), false, std::move(done));
}

void CommandBus::submit_group(std::vector<CommandRequest> requests, bool atomic, GroupCompletion done) {
    if (requests.empty()) return done({});
    if (atomic || requests.size() == 1) {
        impl_->submit(std::move(requests), true, std::move(done));
        return;
    }
    /// Collects the results of independent commands; the last one to arrive hands them over.
    struct Collected {
        std::mutex mutex;
        std::size_t missing;
        std::vector<CommandResult> results;
        GroupCompletion done;
    };
    auto collected = std::make_shared<Collected>();
    collected->missing = requests.size();
    collected->results.resize(requests.size());
    collected->done = std::move(done);
    for (std::size_t i = 0; i < requests.size(); ++i) {
        impl_->submit_one(std::move(requests[i]), true, [collected, i](CommandResult result) {
            bool last = false;
            {
                const std::lock_guard lock(collected->mutex);
                collected->results[i] = std::move(result);
                last = --collected->missing == 0;
            }
            if (last) collected->done(std::move(collected->results));
        });
    }
}

std::optional<Rejection> CommandBus::refusal_now(TenantId realm) {
    return impl_->refusal_now(realm);
}

void CommandBus::stop() {
    impl_->stop();
}

CommandStats CommandBus::stats() const {
    return impl_->stats();
}

}  // namespace annals
