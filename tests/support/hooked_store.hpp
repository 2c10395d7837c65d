#pragma once

#include "commands/ports/event_store.hpp"

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>

namespace annals::test {

/// What an append does instead of going straight to the log; empty: nothing special. Set from the test's
/// thread, run on the writer's.
class AppendHook {
public:
    using Run = std::function<AppendOutcome(EventStore& log, const AppendBatch& batch)>;

    void set(Run run) {
        const std::lock_guard lock(mutex_);
        run_ = std::move(run);
    }
    /// For the next append only.
    void once(Run run) {
        set([this, run = std::move(run)](EventStore& log, const AppendBatch& batch) {
            set({});
            return run(log, batch);
        });
    }
    AppendOutcome append(EventStore& log, const AppendBatch& batch) {
        Run run;
        {
            const std::lock_guard lock(mutex_);
            run = run_;
        }
        return run ? run(log, batch) : log.append(batch);
    }

private:
    std::mutex mutex_;
    Run run_;
};

/// A store whose appends go through a hook.
class HookedStore final : public EventStore {
public:
    HookedStore(std::unique_ptr<EventStore> log, AppendHook& hook) : log_(std::move(log)), hook_(hook) {}

    AppendOutcome append(const AppendBatch& batch) override { return hook_.append(*log_, batch); }
    std::optional<LogEnd> hold_heads(std::span<const std::uint16_t> partitions) override {
        return log_->hold_heads(partitions);
    }
    void release_heads() noexcept override { log_->release_heads(); }
    LogEnd end() override { return log_->end(); }
    std::vector<StoredEvent> read_streams(std::span<const StreamKey> streams) override {
        return log_->read_streams(streams);
    }
    std::vector<StoredEvent> read_stream(const StreamKey& stream, StreamVersion from) override {
        return log_->read_stream(stream, from);
    }
    std::vector<StoredEvent> read_ranges(std::span<const LogRange> ranges) override {
        return log_->read_ranges(ranges);
    }
    std::vector<std::uint64_t> tenant_heads(std::span<const TenantId> tenants) override {
        return log_->tenant_heads(tenants);
    }
    std::vector<StoredCommand> find_commands(std::span<const CommandKey> commands) override {
        return log_->find_commands(commands);
    }
    std::optional<ReservationOwner> find_reservation(const ReservationKey& key) override {
        return log_->find_reservation(key);
    }
    std::vector<std::int64_t> counters(std::span<const CounterKey> keys) override {
        return log_->counters(keys);
    }
    std::vector<StoredSubjectKey> find_subject_keys(std::span<const Uuid> subjects) override {
        return log_->find_subject_keys(subjects);
    }
    std::optional<std::string> find_credential(CredentialId id) override { return log_->find_credential(id); }
    std::optional<std::string> find_neighbour_rank(
        TenantId tenant, const Uuid& project, const Uuid& column, const std::string& rank, bool before
    ) override {
        return log_->find_neighbour_rank(tenant, project, column, rank, before);
    }

private:
    std::unique_ptr<EventStore> log_;
    AppendHook& hook_;
};

/// Holds a writer at an append until the test lets it go on.
class Gate {
public:
    /// A hook that waits here before it appends.
    AppendHook::Run hook() {
        return [this](EventStore& log, const AppendBatch& batch) {
            std::unique_lock lock(mutex_);
            waiting_ = true;
            changed_.notify_all();
            changed_.wait(lock, [this] { return open_; });
            lock.unlock();
            return log.append(batch);
        };
    }
    void wait_until_reached() {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return waiting_; });
    }
    void open() {
        const std::lock_guard lock(mutex_);
        open_ = true;
        changed_.notify_all();
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    bool waiting_{false};
    bool open_{false};
};

}  // namespace annals::test
