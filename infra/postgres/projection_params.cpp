#include "infra/postgres/projection_params.hpp"

#include <string_view>
#include <utility>

namespace annals::pg {

Params move_params(std::span<const CheckpointMove> moves) {
    ArrayParam projections(ElementType::text, moves.size());
    ArrayParam partitions(ElementType::int2, moves.size());
    std::vector<ArrayParam> numbers(6, ArrayParam(ElementType::int8, moves.size()));
    const auto add = [&](std::size_t i, std::uint64_t value) {
        numbers[i].add(static_cast<std::int64_t>(value));
    };
    for (const CheckpointMove& move : moves) {
        projections.add(move.projection);
        partitions.add(std::int64_t{move.partition});
        add(0, move.from);
        add(1, move.to);
        add(2, move.generation);
        add(3, move.new_generation);
        numbers[4].add_optional(move.kafka_offset);
        numbers[5].add_optional(move.lease_epoch.transform([](std::uint64_t epoch) {
            return static_cast<std::int64_t>(epoch);
        }));
    }
    Params params;
    params.array(std::move(projections)).array(std::move(partitions));
    for (ArrayParam& each : numbers) params.array(std::move(each));
    return params;
}

Params park_params(std::span<const ParkedEvent> events, bool whole) {
    ArrayParam partitions(ElementType::int2, events.size());
    ArrayParam positions(ElementType::int8, events.size());
    ArrayParam tenants(ElementType::uuid, events.size());
    ArrayParam streams(ElementType::uuid, events.size());
    std::vector<ArrayParam> texts(4, ArrayParam(ElementType::text, events.size()));
    for (const ParkedEvent& event : events) {
        partitions.add(std::int64_t{event.partition});
        positions.add(static_cast<std::int64_t>(event.position));
        tenants.add(event.tenant);
        streams.add(event.stream);
        texts[0].add(std::string_view(event.projection));
        texts[1].add(std::string_view(event.event_type));
        texts[2].add(std::string_view(event.code));
        texts[3].add(std::string_view(event.detail));
    }
    Params params;
    params.array(std::move(texts[0])).array(std::move(partitions)).array(std::move(positions));
    if (!whole) return params;
    params.array(std::move(tenants)).array(std::move(streams));
    for (std::size_t i = 1; i < texts.size(); ++i) params.array(std::move(texts[i]));
    return params;
}

Params notify_params(std::span<const Position> positions) {
    ArrayParam payloads(ElementType::text, positions.size());
    for (const Position& position : positions) payloads.add(std::string_view(position.to_string()));
    Params params;
    params.array(std::move(payloads));
    return params;
}

}  // namespace annals::pg
