#include "commands/kernel/batch_lines.hpp"

#include <array>
#include <iterator>

namespace annals {
namespace {

constexpr std::array<std::string_view, 4> kActorKinds{"user", "service", "system", "support"};

}  // namespace

BatchLines::BatchLines(CommittedState& committed, Cryptography& cryptography, IdSource& ids, Instant now)
    : committed_(committed), cryptography_(cryptography), ids_(ids), now_(now) {}

std::uint64_t BatchLines::head(std::uint16_t partition) {
    return heads_.try_emplace(partition, committed_.head(partition)).first->second;
}

std::expected<std::vector<std::uint64_t>, Rejection> BatchLines::place(const std::vector<PendingEvent>& events
) {
    const std::size_t rows_before = rows_.size();
    const auto take_back = [&] {
        for (; rows_.size() > rows_before; rows_.pop_back()) {
            --heads_[rows_.back().partition];
            --tenant_heads_[rows_.back().tenant];
        }
    };
    std::size_t bytes = 0;
    std::vector<std::uint64_t> numbers;
    for (const PendingEvent& event : events) {
        try {
            rows_.push_back(make_row(event));
        } catch (...) {
            take_back();
            throw;
        }
        if (rows_.back().line.size() > kEventBytesMax) {
            take_back();
            return std::unexpected(reject("PAYLOAD_TOO_LARGE", "the change is too large for one event"));
        }
        bytes += rows_.back().line.size();
        numbers.push_back(rows_.back().position);
    }
    bytes_ += bytes;
    return numbers;
}

EventRow BatchLines::make_row(const PendingEvent& event) {
    const CommandRequest& request = *event.request;
    const std::uint16_t partition = committed_.partition(event.tenant);
    auto known_tenant = tenant_heads_.find(event.tenant);
    if (known_tenant == tenant_heads_.end()) {
        known_tenant = tenant_heads_.emplace(event.tenant, committed_.tenant_head(event.tenant)).first;
    }

    contract::Envelope envelope;
    envelope.event_id = EventId{ids_.next()};
    envelope.tenant = event.tenant;
    envelope.tenant_position = known_tenant->second + 1;
    envelope.position = {committed_.epoch(), partition, head(partition) + 1};
    envelope.category = event.category;
    envelope.stream = event.stream;
    envelope.version = event.version;
    envelope.recorded_at = now_;
    envelope.effective_at = request.effective_at.value_or(now_);
    envelope.actor = request.actor;
    envelope.session = request.session;
    envelope.request_id = request.request_id;
    envelope.command = request.command_id;
    envelope.causation = request.causation;
    envelope.correlation = request.correlation.value_or(request.command_id.value);
    envelope.reason = request.reason;
    envelope.client_address = seal_address(request, envelope);
    envelope.traceparent = request.traceparent;

    EventRow row;
    contract::write_event_line(envelope, event.event, committed_.keyring(), row.line);
    row.partition = partition;
    row.position = envelope.position.number;
    row.event_id = envelope.event_id;
    row.tenant = envelope.tenant;
    row.tenant_position = envelope.tenant_position;
    row.category = envelope.category;
    row.stream = envelope.stream;
    row.version = envelope.version;
    row.type = event.event.type().name;
    row.schema_version = event.event.type().schema_version;
    row.effective_at = envelope.effective_at;
    row.recorded_at = envelope.recorded_at;
    row.actor_kind = kActorKinds[static_cast<std::size_t>(envelope.actor.kind)];
    row.actor_id = envelope.actor.id;
    row.command = envelope.command;
    row.causation = envelope.causation;
    row.correlation = envelope.correlation;
    row.leaf_hash = cryptography_.leaf_hash(row.line);
    // Only now, because sealing may have thrown: a number that was given out is never left unused.
    ++heads_[partition];
    ++known_tenant->second;
    return row;
}

std::string BatchLines::seal_address(const CommandRequest& request, const contract::Envelope& envelope) {
    const bool personal = request.actor.kind == contract::ActorKind::user && !request.client_address.empty();
    if (!personal || !committed_.keyring().has_key(request.actor.id)) return {};
    const contract::SealPlace place{envelope.tenant, envelope.stream, envelope.version, "envelope"};
    return committed_.keyring().seal(place, request.actor.id, "clientaddress", request.client_address);
}

void BatchLines::fill(AppendBatch& batch, const std::set<std::uint16_t>& touched) {
    batch.epoch = committed_.epoch();
    for (const std::uint16_t partition : touched) head(partition);
    for (const auto& [partition, new_head] : heads_) {
        batch.partitions.push_back({partition, committed_.head(partition), new_head});
    }
    batch.events = std::move(rows_);
}

void BatchLines::keep_committed() {
    for (const auto& [partition, new_head] : heads_) committed_.advance_head(partition, new_head);
    for (const auto& [tenant, new_head] : tenant_heads_) committed_.keep_tenant_head(tenant, new_head);
}

}  // namespace annals
