#pragma once

#include "commands/kernel/command_scope.hpp"
#include "commands/kernel/keyring.hpp"
#include "commands/kernel/lru_map.hpp"
#include "commands/ports/event_store.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <stdexcept>
#include <unordered_map>
#include <vector>

namespace annals {

/// What is durable, as one writer knows it: partition heads and a bounded cache of folded streams, realm
/// heads and counters. Everything is as of the heads it knows; an append is only made on top of exactly
/// these, so a stale cache can lead to a repeated decision, never to a wrong event. Used by one writer
/// thread.
class CommittedState {
public:
    CommittedState(
        EventStore& store, Cryptography& cryptography, std::uint16_t partitions, std::size_t streams_max
    );

    /// Learns epoch and heads, and folds what others appended into the cached streams. Tells whether anything
    /// was new. Throws StoreUnavailable.
    /// `end`: where the log ends, when the caller knows it already.
    bool synchronise(const std::optional<LogEnd>& end = std::nullopt);
    /// Drops what was read ahead for an earlier batch and not used.
    void begin_batch() { prefetched_.clear(); }
    [[nodiscard]] bool synchronised() const { return synchronised_; }
    /// Forgets everything; the next use synchronises again.
    void reset();

    [[nodiscard]] std::uint32_t epoch() const { return epoch_; }
    [[nodiscard]] std::uint16_t partition(TenantId realm) const;
    [[nodiscard]] std::uint64_t head(std::uint16_t partition) const { return heads_[partition]; }
    /// Of these partitions, in the order given.
    [[nodiscard]] std::vector<std::uint64_t> heads(std::span<const std::uint16_t> partitions) const;
    std::uint64_t tenant_head(TenantId tenant);

    /// Reads streams that are not cached in one round trip, so that `stream` finds them. What cannot be read
    /// is left to fail whoever asks for it.
    void prefetch(std::span<const StreamKey> streams);
    /// A stream whose id was just made: nothing is there, and nobody has to ask.
    void know_absent(const StreamKey& key) { prefetched_.try_emplace(key); }
    StreamState stream(const AggregateType& type, TenantId realm, const Uuid& stream);
    std::int64_t counter(const CounterKey& key);
    std::optional<ReservationOwner> reservation(const ReservationKey& key) {
        return store_.find_reservation(key);
    }

    // Called after an append was made durable.
    void advance_head(std::uint16_t partition, std::uint64_t head) { heads_[partition] = head; }
    void keep_stream(const Uuid& stream, StreamState state) {
        const StreamKey key{partition(state.tenant), stream};
        streams_.put(key, std::move(state));
    }
    void keep_tenant_head(TenantId tenant, std::uint64_t head) { tenant_heads_.put(tenant, head); }
    void keep_counter(const CounterKey& key, std::int64_t value) {
        counters_.put(key, {value, foreign_appends_[partition(key.tenant)]});
    }

    [[nodiscard]] Keyring& keyring() { return keyring_; }
    [[nodiscard]] EventStore& store() { return store_; }

private:
    using Events = std::vector<contract::RecordedEvent>;

    /// Holds as long as nobody else appended to the partition of its realm.
    struct CachedCounter {
        std::int64_t value{0};
        std::uint64_t foreign_appends{0};
    };

    contract::RecordedEvent read(const StoredEvent& stored);
    void fetch(std::span<const StreamKey> streams);
    void catch_up(std::span<const LogRange> appended, std::uint64_t expected);
    void fold(const StoredEvent& stored);
    void refresh_counters(const CounterKey& key);
    void forget_partition(std::uint16_t partition);
    /// Nothing when the stream is of another kind.
    static std::optional<StreamState> fold(const AggregateType& type, const Events& events);

    EventStore& store_;
    Keyring keyring_;
    std::uint16_t partitions_;
    bool synchronised_{false};
    std::uint32_t epoch_{1};
    std::vector<std::uint64_t> heads_;
    // The partition belongs to the key: whoever asks for the id of another realm's stream finds nothing in
    // their own partition, and that must not become what its owner finds.
    LruMap<StreamKey, StreamState> streams_;
    std::unordered_map<StreamKey, Events> prefetched_;
    LruMap<TenantId, std::uint64_t> tenant_heads_;
    LruMap<CounterKey, CachedCounter> counters_;
    std::vector<std::uint64_t> foreign_appends_;  ///< by partition: how often others were found to append
    contract::JsonDocument document_;
};

/// A stored line could not be read: the log was written by a newer binary, or damaged.
struct UnreadableLog : std::runtime_error {
    using std::runtime_error::runtime_error;
};

}  // namespace annals
