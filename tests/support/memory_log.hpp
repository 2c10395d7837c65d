#pragma once

#include "commands/ports/environment.hpp"
#include "commands/ports/event_store.hpp"

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

namespace annals::test {

/// An event log in memory that keeps the promises of the real one: everything of an append or nothing, heads
/// checked, reservations unique. Any number of stores may be opened on it; thread-safe.
class MemoryLog {
public:
    explicit MemoryLog(std::uint16_t partitions) : heads_(partitions, 0) {}

    std::unique_ptr<EventStore> open();

    /// All events so far by partition and position.
    std::vector<EventRow> events();
    std::optional<std::string> credential(CredentialId id);
    std::optional<ReservationOwner> reservation(const ReservationKey& key);
    /// Raises the epoch, as after a restore.
    void raise_epoch();
    /// Takes the last events back, as a restore to before them does.
    void forget_last(std::size_t events);
    /// How many events were read stream by stream.
    std::size_t stream_events_read();

private:
    friend class MemoryStore;

    std::mutex mutex_;
    std::uint32_t epoch_{1};
    std::vector<std::uint64_t> heads_;
    std::vector<EventRow> events_;
    std::size_t stream_events_read_{0};
    std::unordered_map<CommandKey, StoredCommand> commands_;
    std::unordered_map<ReservationKey, ReservationOwner> reservations_;
    std::unordered_map<CounterKey, std::int64_t> counters_;
    std::map<Uuid, std::string> subject_keys_;
    std::map<CredentialId, std::string> credentials_;
};

class FixedClock final : public Clock {
public:
    explicit FixedClock(Instant at) : at_(at) {}
    Instant now() override {
        const std::lock_guard lock(mutex_);
        return at_;
    }
    void advance(std::int64_t micros) {
        const std::lock_guard lock(mutex_);
        at_ = at_ + micros;
    }

private:
    std::mutex mutex_;
    Instant at_;
};

class CountingIds final : public IdSource {
public:
    Uuid next() override;

private:
    std::mutex mutex_;
    std::uint64_t count_{0};
};

/// Cryptography that hides nothing, so that tests can look inside; distinct inputs have distinct outputs.
class PlainCryptography final : public Cryptography {
public:
    Digest sha256(std::string_view bytes) override;
    Digest leaf_hash(std::string_view line) override { return sha256(line); }
    std::string blind_index(std::string_view scope, std::string_view value) override;
    SubjectKey new_subject_key() override { return {}; }
    std::string wrap(const Uuid& subject, const SubjectKey& key) override;
    SubjectKey unwrap(const Uuid& subject, std::string_view wrapped) override;
    std::string seal(const SubjectKey& key, std::string_view associated, std::string_view plain) override;
    std::optional<std::string> open(
        const SubjectKey& key, std::string_view associated, std::string_view sealed
    ) override;
};

}  // namespace annals::test
