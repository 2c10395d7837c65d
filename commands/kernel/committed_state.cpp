#include "commands/kernel/committed_state.hpp"

#include "domain/kernel/partitioning.hpp"

#include <utility>

namespace annals {
namespace {

/// When others appended more than this since we looked, forgetting the partitions beyond it is cheaper than
/// folding them, and what is read at once stays bounded.
constexpr std::uint64_t kCatchUpEventsMax = 2'000;
/// A counter that has to be asked for brings so many others along, of those that were used last and are out
/// of date too: while others append, a batch needs most of them again. (Three processes on one log: 6.3
/// look-ups a command became a few a batch.)
constexpr std::size_t kCountersRefreshedMax = 256;
constexpr std::size_t kCountersLookedAtMax = 512;

}  // namespace

CommittedState::CommittedState(
    EventStore& store, Cryptography& cryptography, std::uint16_t partitions, std::size_t streams_max
)
    : store_(store),
      keyring_(
          cryptography, [&store](std::span<const Uuid> subjects) { return store.find_subject_keys(subjects); }
      ),
      partitions_(partitions),
      heads_(partitions, 0),
      streams_(streams_max),
      tenant_heads_(streams_max),
      counters_(streams_max),
      foreign_appends_(partitions, 0) {}

std::uint16_t CommittedState::partition(TenantId realm) const {
    return partition_of(realm, partitions_);
}

std::vector<std::uint64_t> CommittedState::heads(std::span<const std::uint16_t> partitions) const {
    std::vector<std::uint64_t> known;
    for (const std::uint16_t partition : partitions) known.push_back(heads_[partition]);
    return known;
}

void CommittedState::reset() {
    synchronised_ = false;
    streams_.clear();
    tenant_heads_.clear();
    counters_.clear();
    prefetched_.clear();
}

bool CommittedState::synchronise(const std::optional<LogEnd>& end) {
    prefetched_.clear();
    const auto [epoch, heads] = end ? *end : store_.end();
    // A raised epoch means that the log was restored: what is cached may be of a past that it no longer has.
    if (!synchronised_ || epoch != epoch_) {
        reset();
        epoch_ = epoch;
        heads_ = heads;
        synchronised_ = true;
        return true;
    }
    std::vector<LogRange> appended;
    std::uint64_t events = 0;
    bool moved = false;
    for (std::uint16_t partition = 0; partition < partitions_; ++partition) {
        const std::uint64_t head = heads[partition];
        const std::uint64_t known = std::exchange(heads_[partition], head);
        if (head == known) continue;
        moved = true;
        ++foreign_appends_[partition];
        // A head that went back means a restored log: nothing cached can be trusted.
        if (head < known || events + (head - known) > kCatchUpEventsMax) {
            forget_partition(partition);
        } else {
            appended.push_back({partition, known, head});
            events += head - known;
        }
    }
    if (events > 0) catch_up(appended, events);
    return moved;
}

void CommittedState::catch_up(std::span<const LogRange> appended, std::uint64_t expected) {
    std::uint16_t unreadable = partitions_;
    try {
        const std::vector<StoredEvent> events = store_.read_ranges(appended);
        // Heads and events of two different logs: it is being restored.
        if (events.size() != expected) return reset();
        for (const StoredEvent& stored : events) {
            if (stored.partition == unreadable) continue;
            try {
                fold(stored);
            } catch (const UnreadableLog&) {
                // It fails those who ask for that stream; here the others only have to be read anew.
                unreadable = stored.partition;
                forget_partition(unreadable);
            }
        }
    } catch (const StoreUnavailable&) {
        // The heads are those of events that were not folded.
        reset();
        throw;
    }
}

void CommittedState::fold(const StoredEvent& stored) {
    if (std::uint64_t* known = tenant_heads_.find(stored.tenant)) *known = stored.tenant_position;
    const StreamKey key{stored.partition, stored.stream};
    StreamState* const cached = streams_.find(key);
    if (cached == nullptr) return;
    const contract::RecordedEvent recorded = read(stored);
    const contract::Envelope& envelope = recorded.envelope;
    if (cached->version + 1 != envelope.version || cached->type->category != envelope.category) {
        streams_.erase(key);
        return;
    }
    cached->state = cached->type->evolve(cached->state.get(), recorded.event);
    cached->tenant = envelope.tenant;
    cached->version = envelope.version;
}

void CommittedState::forget_partition(std::uint16_t partition) {
    ++foreign_appends_[partition];
    streams_.erase_if([&](const StreamKey& key, const StreamState&) { return key.partition == partition; });
    tenant_heads_.erase_if([&](TenantId tenant, std::uint64_t) {
        return this->partition(tenant) == partition;
    });
}

std::uint64_t CommittedState::tenant_head(TenantId tenant) {
    if (const std::uint64_t* known = tenant_heads_.find(tenant)) return *known;
    const std::uint64_t head = store_.tenant_heads(std::span(&tenant, 1)).front();
    tenant_heads_.put(tenant, head);
    return head;
}

void CommittedState::prefetch(std::span<const StreamKey> streams) {
    try {
        fetch(streams);
    } catch (const StoreUnavailable&) {
        throw;
    } catch (const std::exception&) {
        return;
    }
}

void CommittedState::fetch(std::span<const StreamKey> streams) {
    std::vector<StreamKey> missing;
    std::unordered_map<StreamKey, Events> found;
    for (const StreamKey& key : streams) {
        if (streams_.find(key) != nullptr || prefetched_.contains(key)) continue;
        if (found.try_emplace(key).second) missing.push_back(key);
    }
    if (missing.empty()) return;
    for (const StoredEvent& stored : store_.read_streams(missing)) {
        contract::RecordedEvent recorded = read(stored);
        found[{stored.partition, recorded.envelope.stream}].push_back(std::move(recorded));
    }
    prefetched_.merge(found);
}

StreamState CommittedState::stream(const AggregateType& type, TenantId realm, const Uuid& stream) {
    const StreamKey key{partition(realm), stream};
    StreamState* known = streams_.find(key);
    if (known == nullptr) {
        fetch(std::span(&key, 1));
        auto folded = fold(type, prefetched_.at(key));
        // Not kept: what it is not for this caller is no news for one who asks for what it is.
        if (!folded) return StreamState{&type, realm, 0, type.initial(), true};
        prefetched_.erase(key);
        streams_.put(key, std::move(*folded));
        known = streams_.find(key);
    }
    // A stream of another realm or another kind is not there for this caller, whatever its id.
    if (known->version == 0) return StreamState{&type, realm, 0, type.initial()};
    const bool foreign = known->tenant != realm || known->type != &type;
    return foreign ? StreamState{&type, realm, 0, type.initial(), true} : *known;
}

std::optional<StreamState> CommittedState::fold(const AggregateType& type, const Events& events) {
    StreamState state{&type, TenantId{}, 0, type.initial()};
    for (const contract::RecordedEvent& recorded : events) {
        if (recorded.envelope.category != type.category) return std::nullopt;
        state.tenant = recorded.envelope.tenant;
        state.version = recorded.envelope.version;
        state.state = type.evolve(state.state.get(), recorded.event);
    }
    return state;
}

std::int64_t CommittedState::counter(const CounterKey& key) {
    const CachedCounter* known = counters_.find(key);
    if (known == nullptr || known->foreign_appends != foreign_appends_[partition(key.tenant)]) {
        refresh_counters(key);
        known = counters_.find(key);
    }
    return known->value;
}

void CommittedState::refresh_counters(const CounterKey& key) {
    std::vector<CounterKey> keys{key};
    counters_.visit_recent(kCountersLookedAtMax, [&](const CounterKey& other, const CachedCounter& cached) {
        const bool stale = cached.foreign_appends != foreign_appends_[partition(other.tenant)];
        if (stale && other != key && keys.size() < kCountersRefreshedMax) keys.push_back(other);
    });
    const std::vector<std::int64_t> values = store_.counters(keys);
    for (std::size_t i = keys.size(); i-- > 0;) keep_counter(keys[i], values[i]);
}

contract::RecordedEvent CommittedState::read(const StoredEvent& stored) {
    auto recorded = contract::read_event_line(document_, stored.line, &keyring_);
    if (!recorded) {
        throw UnreadableLog(
            "partition " + std::to_string(stored.partition) + " position " + std::to_string(stored.position) +
            ": " + recorded.error().code + ", " + recorded.error().detail
        );
    }
    return std::move(*recorded);
}

}  // namespace annals
