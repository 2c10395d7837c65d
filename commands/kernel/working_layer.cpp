#include "commands/kernel/working_layer.hpp"

#include <algorithm>
#include <iterator>

namespace annals {

StreamState WorkingLayer::stream(const AggregateType& type, TenantId realm, const Uuid& id) {
    const StreamKey key{committed_.partition(realm), id};
    for (WorkingLayer* layer = this; layer != nullptr; layer = layer->below_) {
        const auto found = layer->streams_.find(key);
        if (found == layer->streams_.end()) continue;
        const bool foreign = found->second.tenant != realm || found->second.type != &type;
        return foreign ? StreamState{&type, realm, 0, type.initial(), true} : found->second;
    }
    touch(realm);
    return committed_.stream(type, realm, id);
}

void WorkingLayer::append(
    const CommandRequest& request, const AggregateType& type, TenantId realm, const Uuid& id,
    std::vector<contract::AnyEvent> events
) {
    if (events.empty()) return;
    StreamState state = stream(type, realm, id);
    if (state.taken) throw StreamTaken();
    for (contract::AnyEvent& event : events) {
        ++state.version;
        state.state = type.evolve(state.state.get(), event);
        events_.push_back({&request, realm, type.category, id, state.version, std::move(event)});
    }
    streams_[{committed_.partition(realm), id}] = std::move(state);
    touch(realm);
}

std::int64_t WorkingLayer::counter(const CounterKey& key) {
    for (WorkingLayer* layer = this; layer != nullptr; layer = layer->below_) {
        const auto found = layer->counters_.find(key);
        if (found != layer->counters_.end()) return found->second;
    }
    touch(key.tenant);
    return committed_.counter(key);
}

std::optional<ReservationOwner> WorkingLayer::reservation(const ReservationKey& key) {
    for (WorkingLayer* layer = this; layer != nullptr; layer = layer->below_) {
        const auto found = layer->reservations_.find(key);
        if (found != layer->reservations_.end()) return found->second;
    }
    return committed_.reservation(key);
}

void WorkingLayer::merge_into_below() {
    WorkingLayer& below = *below_;
    below.touched_.merge(touched_);
    for (auto& [key, state] : streams_) below.streams_[key] = std::move(state);
    for (const auto& [key, value] : counters_) below.counters_[key] = value;
    for (auto& [key, owner] : reservations_) below.reservations_[key] = owner;
    below.released_.merge(released_);
    std::ranges::move(subjects_, std::back_inserter(below.subjects_));
    std::ranges::move(credentials_, std::back_inserter(below.credentials_));
    std::ranges::move(events_, std::back_inserter(below.events_));
}

void WorkingLayer::fill(AppendBatch& batch) const {
    for (const auto& [key, value] : counters_) batch.counters.push_back({key, value});
    for (const auto& [key, owner] : reservations_) {
        if (owner) batch.reservations.push_back({key, *owner});
        // Released and reserved again: when the log has the old owner, the row is handed over rather than
        // inserted.
        const bool handed_over = owner && released_.contains(key) && committed_.reservation(key);
        if (!owner || handed_over) batch.released_reservations.push_back(key);
    }
    batch.subject_keys = subjects_;
    // Only the last secret of a credential matters, and one statement can write a row once.
    std::map<CredentialId, const CredentialRow*> last;
    for (const CredentialRow& row : credentials_) last[row.id] = &row;
    for (const auto& [id, row] : last) batch.credentials.push_back(*row);
}

void WorkingLayer::keep_committed() {
    for (auto& [key, state] : streams_) committed_.keep_stream(key.stream, std::move(state));
    for (const auto& [key, value] : counters_) committed_.keep_counter(key, value);
}

void WorkingLayer::forget_subjects() {
    for (const SubjectKeyRow& row : subjects_) committed_.keyring().forget(row.subject);
}

}  // namespace annals
