#pragma once

#include "commands/kernel/aggregate.hpp"
#include "commands/kernel/command_type.hpp"
#include "commands/ports/environment.hpp"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace annals {

/// A stream at one moment: version 0 means that it does not exist.
struct StreamState {
    const AggregateType* type{nullptr};
    TenantId tenant{};
    StreamVersion version{0};
    std::shared_ptr<const void> state;
    /// Not there for whoever asked, but the id belongs to a stream of another realm or another kind: nothing
    /// can be created under it.
    bool taken{false};
};

/// What a command handler may do, on the writer's thread. Everything read is as of the commands decided
/// before in the same batch; everything written becomes durable together or not at all.
///
///     std::expected<void, Rejection> move_task(CommandScope& scope, const void* raw) {
///         const auto& command = *static_cast<const MoveTask*>(raw);
///         const auto task = scope.load_target<Task>();
///         const auto* project = scope.load<Project>(scope.realm(), task.project_id.value);
///         return scope.append<Task>(Task::decide(task, command, facts));
///     }
class CommandScope {
public:
    virtual ~CommandScope() = default;

    [[nodiscard]] virtual const CommandRequest& request() const = 0;
    [[nodiscard]] virtual Instant now() const = 0;
    virtual Uuid new_id() = 0;

    [[nodiscard]] TenantId realm() const { return request().realm; }
    [[nodiscard]] Uuid target() const { return request().target; }
    [[nodiscard]] UserId user() const { return UserId{request().actor.id}; }

    /// A stream of a realm. A stream that belongs to another realm is not there.
    virtual StreamState load_stream(const AggregateType& type, TenantId realm, const Uuid& stream) = 0;
    /// Appends events to a stream; their versions follow what `load_stream` saw.
    virtual void append_events(
        const AggregateType& type, TenantId realm, const Uuid& stream, std::vector<contract::AnyEvent> events
    ) = 0;

    virtual std::int64_t counter(TenantId tenant, const std::string& scope) = 0;  ///< 0 when never set
    virtual void set_counter(TenantId tenant, const std::string& scope, std::int64_t value) = 0;

    virtual std::optional<ReservationOwner> reservation(const ReservationKey& key) = 0;
    /// The caller looked with `reservation` before; a key taken meanwhile by another process is found out on
    /// append and the command decided again.
    virtual void reserve(const ReservationKey& key, const ReservationOwner& owner) = 0;
    virtual void release(const ReservationKey& key) = 0;

    virtual std::string blind_index(std::string_view scope, std::string_view value) = 0;
    /// Makes a data key for a new subject of personal data, in this append.
    virtual void create_subject(TenantId realm, const Uuid& subject) = 0;
    virtual void store_credential(CredentialRow row) = 0;
    virtual std::optional<std::string> neighbour_rank(
        const Uuid& project, const Uuid& column, const std::string& rank, bool before
    ) = 0;

    template <Decider D>
    std::pair<const typename D::State*, StreamVersion> load(TenantId of, const Uuid& stream) {
        StreamState found = load_stream(aggregate_type<D>(), of, stream);
        keep_alive_.push_back(found.state);
        return {static_cast<const typename D::State*>(found.state.get()), found.version};
    }
    /// The aggregate the command is addressed to.
    template <Decider D>
    const typename D::State& load_target() {
        return *load<D>(realm(), target()).first;
    }
    /// Takes a decision over: its events are appended to the stream, or its rejection is handed on.
    template <Decider D>
    std::expected<void, Rejection> append(
        TenantId of, const Uuid& stream, Decision<typename D::Event> decision
    ) {
        if (!decision) return std::unexpected(std::move(decision).error());
        std::vector<contract::AnyEvent> events;
        events.reserve(decision->size());
        for (auto& event : *decision) {
            events.push_back(std::visit([](auto& e) { return contract::AnyEvent::of(std::move(e)); }, event));
        }
        append_events(aggregate_type<D>(), of, stream, std::move(events));
        return {};
    }
    template <Decider D>
    std::expected<void, Rejection> append(Decision<typename D::Event> decision) {
        return append<D>(realm(), target(), std::move(decision));
    }

private:
    std::vector<std::shared_ptr<const void>> keep_alive_;  ///< states handed out as references
};

}  // namespace annals
