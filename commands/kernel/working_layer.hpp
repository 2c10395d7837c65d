#pragma once

#include "commands/kernel/committed_state.hpp"

#include <map>
#include <optional>
#include <set>
#include <stdexcept>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace annals {

/// An event that was decided and has no place in the log yet.
struct PendingEvent {
    const CommandRequest* request{nullptr};
    TenantId tenant{};
    std::string_view category;
    Uuid stream{};
    StreamVersion version{0};
    contract::AnyEvent event;
};

/// A command would create a stream under the id of one that it must not see, of another realm or another
/// kind.
struct StreamTaken : std::runtime_error {
    StreamTaken() : std::runtime_error("the stream's id is taken") {}
};

/// What was decided but is not durable. Layers stand on each other: a command on its group, the group on the
/// batch, the batch on the committed state. A rejected command's layer is simply dropped; an accepted one is
/// merged downwards, so commands of one batch see each other in order and a loser leaves no trace.
class WorkingLayer {
public:
    explicit WorkingLayer(CommittedState& committed) : committed_(committed) {}
    explicit WorkingLayer(WorkingLayer& below) : committed_(below.committed_), below_(&below) {}

    StreamState stream(const AggregateType& type, TenantId realm, const Uuid& id);
    /// Throws StreamTaken.
    void append(
        const CommandRequest& request, const AggregateType& type, TenantId realm, const Uuid& id,
        std::vector<contract::AnyEvent> events
    );
    std::int64_t counter(const CounterKey& key);
    std::optional<ReservationOwner> reservation(const ReservationKey& key);

    void set_counter(const CounterKey& key, std::int64_t value) { counters_[key] = value; }
    void reserve(const ReservationKey& key, const ReservationOwner& owner) { reservations_[key] = owner; }
    void release(const ReservationKey& key) {
        reservations_[key] = std::nullopt;
        released_.insert(key);
    }
    void add_subject(TenantId realm, const Uuid& subject, std::string wrapped_key) {
        subjects_.push_back({subject, realm, std::move(wrapped_key)});
    }
    void add_credential(CredentialRow row) { credentials_.push_back(std::move(row)); }
    /// Notes that a decision depends on this partition, so that its head is checked on append.
    void touch(TenantId realm) { touched_.insert(committed_.partition(realm)); }

    /// The same for every partition another layer depends on.
    void depend_on(const WorkingLayer& other) {
        touched_.insert(other.touched_.begin(), other.touched_.end());
    }

    void merge_into_below();
    /// Copies reservations, counters, keys and credentials into what will be written.
    void fill(AppendBatch& batch) const;
    /// After the batch is durable: what was decided is now committed.
    void keep_committed();
    /// After a rejection or a failed append: keys of subjects that were never created are forgotten, or this
    /// process would go on using them beside the ones that another process creates for these subjects.
    void forget_subjects();

    [[nodiscard]] const std::set<std::uint16_t>& touched() const { return touched_; }
    [[nodiscard]] std::vector<PendingEvent>& events() { return events_; }

private:
    CommittedState& committed_;
    WorkingLayer* below_{nullptr};
    std::set<std::uint16_t> touched_;
    std::unordered_map<StreamKey, StreamState> streams_;
    std::unordered_map<CounterKey, std::int64_t> counters_;
    std::unordered_map<ReservationKey, std::optional<ReservationOwner>> reservations_;
    std::unordered_set<ReservationKey> released_;  ///< also those that were reserved again afterwards
    std::vector<SubjectKeyRow> subjects_;
    std::vector<CredentialRow> credentials_;
    std::vector<PendingEvent> events_;
};

}  // namespace annals
