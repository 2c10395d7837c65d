#include "commands/kernel/committed_state.hpp"

#include "domain/kernel/partitioning.hpp"

namespace annals {
namespace {

/// When others appended more than this to a partition since we looked, forgetting it is cheaper than folding
/// it.
constexpr std::uint64_t kCatchUpEventsMax = 2'000;

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
      counters_(streams_max) {}

std::uint16_t CommittedState::partition(TenantId realm) const {
    return partition_of(realm, partitions_);
}

void CommittedState::reset() {
    synchronised_ = false;
    streams_.clear();
    tenant_heads_.clear();
    counters_.clear();
    prefetched_.clear();
}

bool CommittedState::synchronise() {
    prefetched_.clear();
    const auto [epoch, heads] = store_.end();
    // A raised epoch means that the log was restored: what is cached may be of a past that it no longer has.
    if (!synchronised_ || epoch != epoch_) {
        reset();
        epoch_ = epoch;
        heads_ = heads;
        synchronised_ = true;
        return true;
    }
    bool moved = false;
    for (std::uint16_t partition = 0; partition < partitions_; ++partition) {
        if (heads[partition] == heads_[partition]) continue;
        catch_up(partition, heads[partition]);
        moved = true;
    }
    return moved;
}

void CommittedState::catch_up(std::uint16_t partition, std::uint64_t head) {
    // A head that went back means a restored log: nothing cached can be trusted.
    if (head < heads_[partition] || head - heads_[partition] > kCatchUpEventsMax) {
        forget_partition(partition);
        heads_[partition] = head;
        return;
    }
    try {
        fold_appended(partition);
    } catch (const UnreadableLog&) {
        // It fails those who ask for that stream; here the others only have to be read anew.
        forget_partition(partition);
        heads_[partition] = head;
    }
}

void CommittedState::fold_appended(std::uint16_t partition) {
    counters_.erase_if([&](const CounterKey& key, std::int64_t) {
        return this->partition(key.tenant) == partition;
    });
    const auto events = store_.read_partition(partition, heads_[partition], kCatchUpEventsMax);
    for (const StoredEvent& stored : events) {
        const contract::RecordedEvent recorded = read(stored);
        const contract::Envelope& envelope = recorded.envelope;
        if (std::uint64_t* known = tenant_heads_.find(envelope.tenant)) *known = envelope.tenant_position;
        const StreamKey key{partition, envelope.stream};
        if (StreamState* cached = streams_.find(key)) {
            if (cached->version + 1 == envelope.version && cached->type->category == envelope.category) {
                cached->state = cached->type->evolve(cached->state.get(), recorded.event);
                cached->tenant = envelope.tenant;
                cached->version = envelope.version;
            } else {
                streams_.erase(key);
            }
        }
        heads_[partition] = stored.position;
    }
}

void CommittedState::forget_partition(std::uint16_t partition) {
    const auto here = [&](TenantId tenant) { return this->partition(tenant) == partition; };
    streams_.erase_if([&](const StreamKey& key, const StreamState&) { return key.partition == partition; });
    tenant_heads_.erase_if([&](TenantId tenant, std::uint64_t) { return here(tenant); });
    counters_.erase_if([&](const CounterKey& key, std::int64_t) { return here(key.tenant); });
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
    } catch (const UnreadableLog&) {
        return;
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
    if (const std::int64_t* known = counters_.find(key)) return *known;
    const std::int64_t value = store_.find_counter(key).value_or(0);
    counters_.put(key, value);
    return value;
}

contract::RecordedEvent CommittedState::read(const StoredEvent& stored) {
    auto recorded = contract::read_event_line(document_, stored.line, &keyring_);
    if (!recorded) {
        throw UnreadableLog{
            "partition " + std::to_string(stored.partition) + " position " + std::to_string(stored.position) +
            ": " + recorded.error().code + ", " + recorded.error().detail
        };
    }
    return std::move(*recorded);
}

}  // namespace annals
