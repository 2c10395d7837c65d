#pragma once

#include "commands/ports/event_store.hpp"

#include <cstdint>
#include <cstring>
#include <fmt/format.h>
#include <random>
#include <string>
#include <utility>

namespace annals::test {

/// A uuid that the number names.
inline Uuid uuid_of(std::uint64_t number) {
    Uuid id{{0x01, 0x93, 0, 0, 0, 0, 0x70, 0, 0x80}};
    for (unsigned i = 0; i < 7; ++i) id.bytes[15 - i] = static_cast<std::uint8_t>(number >> (8 * i));
    return id;
}

/// Adds the event that follows the head of its partition, one event of a stream and realm of its own.
inline EventRow& add_event(AppendBatch& batch, std::size_t move, std::uint64_t identity) {
    PartitionMove& head = batch.partitions.at(move);
    EventRow event;
    event.partition = head.partition;
    event.position = ++head.new_head;
    event.event_id = EventId{uuid_of(identity)};
    event.tenant = TenantId{uuid_of(identity)};
    event.tenant_position = 1;
    event.category = "task";
    event.stream = uuid_of(identity);
    event.version = 1;
    event.type = "prj.TaskCreated";
    event.effective_at = Instant{1'763'700'000'000'000};
    event.recorded_at = Instant{1'763'700'000'000'001};
    event.actor_kind = "user";
    event.actor_id = uuid_of(1);
    event.command = CommandId{uuid_of(identity)};
    event.correlation = uuid_of(identity);
    event.line = fmt::format(R"({{"partition":{},"position":{}}})", event.partition, event.position);
    event.leaf_hash.fill(static_cast<std::uint8_t>(identity));
    batch.events.push_back(std::move(event));
    return batch.events.back();
}

inline AppendBatch expecting(std::initializer_list<std::pair<int, std::uint64_t>> heads) {
    AppendBatch batch;
    for (const auto& [partition, head] : heads) {
        batch.partitions.push_back({static_cast<std::uint16_t>(partition), head, head});
    }
    return batch;
}

inline CommandRow command_row(std::uint64_t identity, std::string response) {
    CommandRow row{
        .key = {TenantId{uuid_of(identity)}, CommandId{uuid_of(identity)}}, .response = std::move(response)
    };
    row.request_hash.fill(7);
    return row;
}

inline ReservationKey slug(std::string key) {
    return {kPlatformRealm, "org.slug", std::move(key)};
}
inline ReservationRow reservation(std::string key, std::uint64_t owner) {
    return {slug(std::move(key)), {uuid_of(owner), TenantId{uuid_of(owner)}}};
}

}  // namespace annals::test
