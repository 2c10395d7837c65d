#include "infra/postgres/append_statement.hpp"

#include "domain/kernel/assert.hpp"
#include "infra/postgres/limits.hpp"

#include <algorithm>
#include <functional>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace annals::pg {

// `locked` is what makes it all or nothing: the heads, and the epoch that the lines were written in. An
// UPDATE that names the expected heads itself moves those that match even when another one does not, and
// commits a gap. FOR UPDATE waits for whoever holds a head and looks again at what it became. Every insert
// repeats the guard, because each part of a WITH runs to its end whatever the others found.
const Statement kAppend{"append", R"sql(
with locked as materialized (
    select h.partition
    from log.partition h join unnest($1::smallint[], $2::bigint[]) v (partition, expected)
        on h.partition = v.partition and h.head = v.expected and h.epoch = $50::int
    order by h.partition
    for update of h
), moved as (
    update log.partition h set head = v.head
    from unnest($1::smallint[], $3::bigint[]) v (partition, head)
    where h.partition = v.partition and (select count(*) from locked) = cardinality($1)
    returning 1
), events as (
    insert into log.event (partition, position, event_id, tenant_id, tenant_position, category, stream_id,
        stream_version, type, schema_version, effective_at, recorded_at, actor_kind, actor_id, command_id,
        causation_id, correlation_id, line, leaf_hash)
    select * from unnest($4::smallint[], $5::bigint[], $6::uuid[], $7::uuid[], $8::bigint[], $9::text[],
        $10::uuid[], $11::bigint[], $12::text[], $13::smallint[], $14::timestamptz[], $15::timestamptz[],
        $16::text[], $17::uuid[], $18::uuid[], $19::uuid[], $20::uuid[], $21::text[], $22::bytea[])
    where (select count(*) from moved) = cardinality($1)
), commands as (
    insert into log.command (tenant_id, command_id, request_hash, response)
    select * from unnest($23::uuid[], $24::uuid[], $25::bytea[], $26::text[])
    where (select count(*) from moved) = cardinality($1)
), reserved as (
    insert into log.reservation (tenant_id, scope, key, owner_stream, owner_realm)
    select * from unnest($27::uuid[], $28::text[], $29::text[], $30::uuid[], $31::uuid[])
    where (select count(*) from moved) = cardinality($1)
), released as (
    delete from log.reservation r
    using unnest($32::uuid[], $33::text[], $34::text[]) v (tenant_id, scope, key)
    where r.tenant_id = v.tenant_id and r.scope = v.scope and r.key = v.key
        and (select count(*) from moved) = cardinality($1)
), handed_over as (
    update log.reservation r set owner_stream = v.owner_stream, owner_realm = v.owner_realm
    from unnest($35::uuid[], $36::text[], $37::text[], $38::uuid[], $39::uuid[])
        v (tenant_id, scope, key, owner_stream, owner_realm)
    where r.tenant_id = v.tenant_id and r.scope = v.scope and r.key = v.key
        and (select count(*) from moved) = cardinality($1)
), counters as (
    insert into log.counter (tenant_id, scope, value)
    select * from unnest($40::uuid[], $41::text[], $42::bigint[])
    where (select count(*) from moved) = cardinality($1)
    on conflict (tenant_id, scope) do update set value = excluded.value
), subjects as (
    insert into log.subject_key (subject_id, tenant_id, wrapped_key)
    select * from unnest($43::uuid[], $44::uuid[], $45::bytea[])
    where (select count(*) from moved) = cardinality($1)
), credentials as (
    insert into vault.credential (credential_id, tenant_id, kind, secret)
    select * from unnest($46::uuid[], $47::uuid[], $48::text[], $49::text[])
    where (select count(*) from moved) = cardinality($1)
    on conflict (credential_id) do update
        set kind = excluded.kind, secret = excluded.secret, changed_at = pg_catalog.now()
)
select count(*) from moved
)sql"};

namespace {

constexpr int kParameters = 50;

std::int64_t signed_of(std::uint64_t number) {
    return static_cast<std::int64_t>(number);
}

/// One array of a parameter: a value of each row.
template <class Rows, class Value>
void add_column(Params& params, ElementType type, const Rows& rows, Value value) {
    ArrayParam array(type, rows.size());
    for (const auto& row : rows) array.add(value(*row));
    params.array(std::move(array));
}

template <class Row>
std::vector<const Row*> pointers(const std::vector<Row>& rows) {
    std::vector<const Row*> all;
    all.reserve(rows.size());
    for (const Row& row : rows) all.push_back(&row);
    return all;
}

/// In the order of their keys, so that batches that touch the same rows lock them in the same order and
/// cannot deadlock. Of rows with the same key only the last counts; an upsert must not meet a row twice.
template <class Row, class Key>
std::vector<const Row*> sorted_last(const std::vector<Row>& rows, Key key) {
    auto all = pointers(rows);
    // Pointers into one vector: a later row has the greater address.
    std::ranges::sort(all, [&](const Row* a, const Row* b) {
        const auto key_a = key(*a);
        const auto key_b = key(*b);
        return key_a == key_b ? std::less<>{}(a, b) : key_a < key_b;
    });
    std::vector<const Row*> last;
    for (const Row* row : all) {
        if (!last.empty() && key(*last.back()) == key(*row)) {
            last.back() = row;
        } else {
            last.push_back(row);
        }
    }
    return last;
}

auto order_of(const ReservationKey& key) {
    return std::make_tuple(key.tenant, std::string_view(key.scope), std::string_view(key.key));
}

void check_positions(const AppendBatch& batch) {
    ANNALS_ASSERT(!batch.partitions.empty(), "an append names the heads it expects");
    ANNALS_ASSERT(batch.events.size() <= kAppendEventsMax, "an append is bounded");
    std::unordered_map<std::uint16_t, std::uint64_t> next;
    std::uint64_t moves = 0;
    for (std::size_t i = 0; i < batch.partitions.size(); ++i) {
        const PartitionMove& move = batch.partitions[i];
        ANNALS_ASSERT(i == 0 || batch.partitions[i - 1].partition < move.partition, "partitions ascend");
        ANNALS_ASSERT(move.new_head >= move.expected_head, "a head never goes back");
        next[move.partition] = move.expected_head + 1;
        moves += move.new_head - move.expected_head;
    }
    for (const EventRow& event : batch.events) {
        const auto expected = next.find(event.partition);
        ANNALS_ASSERT(expected != next.end(), "the head of each event's partition is named");
        ANNALS_ASSERT(event.position == expected->second, "positions are dense and in order");
        ++expected->second;
    }
    ANNALS_ASSERT(moves == batch.events.size(), "the heads move over the events and nothing else");
}

void add_heads(Params& params, const AppendBatch& batch) {
    const auto moves = pointers(batch.partitions);
    add_column(params, ElementType::int2, moves, [](const PartitionMove& m) {
        return std::int64_t{m.partition};
    });
    add_column(params, ElementType::int8, moves, [](const PartitionMove& m) {
        return signed_of(m.expected_head);
    });
    add_column(params, ElementType::int8, moves, [](const PartitionMove& m) {
        return signed_of(m.new_head);
    });
}

void add_events(Params& params, const AppendBatch& batch) {
    const auto rows = pointers(batch.events);
    using Type = ElementType;
    add_column(params, Type::int2, rows, [](const EventRow& e) { return std::int64_t{e.partition}; });
    add_column(params, Type::int8, rows, [](const EventRow& e) { return signed_of(e.position); });
    add_column(params, Type::uuid, rows, [](const EventRow& e) { return e.event_id; });
    add_column(params, Type::uuid, rows, [](const EventRow& e) { return e.tenant; });
    add_column(params, Type::int8, rows, [](const EventRow& e) { return signed_of(e.tenant_position); });
    add_column(params, Type::text, rows, [](const EventRow& e) { return std::string_view(e.category); });
    add_column(params, Type::uuid, rows, [](const EventRow& e) { return e.stream; });
    add_column(params, Type::int8, rows, [](const EventRow& e) { return signed_of(e.version); });
    add_column(params, Type::text, rows, [](const EventRow& e) { return std::string_view(e.type); });
    add_column(params, Type::int2, rows, [](const EventRow& e) { return std::int64_t{e.schema_version}; });
    add_column(params, Type::timestamptz, rows, [](const EventRow& e) { return e.effective_at; });
    add_column(params, Type::timestamptz, rows, [](const EventRow& e) { return e.recorded_at; });
    add_column(params, Type::text, rows, [](const EventRow& e) { return std::string_view(e.actor_kind); });
    add_column(params, Type::uuid, rows, [](const EventRow& e) { return e.actor_id; });
    add_column(params, Type::uuid, rows, [](const EventRow& e) { return e.command; });
    ArrayParam causations(Type::uuid, rows.size());
    for (const EventRow& event : batch.events) causations.add_optional(event.causation);
    params.array(std::move(causations));
    add_column(params, Type::uuid, rows, [](const EventRow& e) { return e.correlation; });
    add_column(params, Type::text, rows, [](const EventRow& e) { return std::string_view(e.line); });
    add_column(params, Type::bytea, rows, [](const EventRow& e) { return std::span(e.leaf_hash); });
}

void add_commands(Params& params, const AppendBatch& batch) {
    const auto rows = pointers(batch.commands);
    add_column(params, ElementType::uuid, rows, [](const CommandRow& c) { return c.key.tenant; });
    add_column(params, ElementType::uuid, rows, [](const CommandRow& c) { return c.key.command; });
    add_column(params, ElementType::bytea, rows, [](const CommandRow& c) {
        return std::span(c.request_hash);
    });
    add_column(params, ElementType::text, rows, [](const CommandRow& c) {
        return std::string_view(c.response);
    });
}

template <class Rows, class KeyOf>
void add_reservation_keys(Params& params, const Rows& rows, KeyOf key_of) {
    add_column(params, ElementType::uuid, rows, [&](const auto& r) { return key_of(r).tenant; });
    add_column(params, ElementType::text, rows, [&](const auto& r) {
        return std::string_view(key_of(r).scope);
    });
    add_column(params, ElementType::text, rows, [&](const auto& r) {
        return std::string_view(key_of(r).key);
    });
}

void add_reservations_with_owner(Params& params, const std::vector<const ReservationRow*>& rows) {
    add_reservation_keys(params, rows, [](const ReservationRow& r) -> const ReservationKey& {
        return r.key;
    });
    add_column(params, ElementType::uuid, rows, [](const ReservationRow& r) { return r.owner.stream; });
    add_column(params, ElementType::uuid, rows, [](const ReservationRow& r) { return r.owner.realm; });
}

/// A key that is released and reserved in one batch changes its owner. The parts of a statement see the same
/// snapshot and run in no promised order, so it must not be deleted and inserted.
void add_reservations(Params& params, const AppendBatch& batch) {
    const std::unordered_set<ReservationKey> freed(
        batch.released_reservations.begin(), batch.released_reservations.end()
    );
    std::unordered_set<ReservationKey> taken;
    std::vector<const ReservationRow*> inserted;
    std::vector<const ReservationRow*> handed_over;
    for (const ReservationRow* row :
         sorted_last(batch.reservations, [](const ReservationRow& r) { return order_of(r.key); })) {
        (freed.contains(row->key) ? handed_over : inserted).push_back(row);
        taken.insert(row->key);
    }
    std::vector<const ReservationKey*> deleted;
    for (const ReservationKey* key : sorted_last(batch.released_reservations, order_of)) {
        if (!taken.contains(*key)) deleted.push_back(key);
    }
    add_reservations_with_owner(params, inserted);
    add_reservation_keys(params, deleted, std::identity{});
    add_reservations_with_owner(params, handed_over);
}

void add_the_rest(Params& params, const AppendBatch& batch) {
    const auto counters = sorted_last(batch.counters, [](const CounterRow& c) {
        return std::make_tuple(c.key.tenant, std::string_view(c.key.scope));
    });
    add_column(params, ElementType::uuid, counters, [](const CounterRow& c) { return c.key.tenant; });
    add_column(params, ElementType::text, counters, [](const CounterRow& c) {
        return std::string_view(c.key.scope);
    });
    add_column(params, ElementType::int8, counters, [](const CounterRow& c) { return c.value; });

    const auto subjects = pointers(batch.subject_keys);
    add_column(params, ElementType::uuid, subjects, [](const SubjectKeyRow& s) { return s.subject; });
    add_column(params, ElementType::uuid, subjects, [](const SubjectKeyRow& s) { return s.tenant; });
    add_column(params, ElementType::bytea, subjects, [](const SubjectKeyRow& s) {
        return std::string_view(s.wrapped_key);
    });

    const auto credentials = sorted_last(batch.credentials, [](const CredentialRow& c) { return c.id; });
    add_column(params, ElementType::uuid, credentials, [](const CredentialRow& c) { return c.id; });
    add_column(params, ElementType::uuid, credentials, [](const CredentialRow& c) { return c.tenant; });
    add_column(params, ElementType::text, credentials, [](const CredentialRow& c) {
        return std::string_view(c.kind);
    });
    add_column(params, ElementType::text, credentials, [](const CredentialRow& c) {
        return std::string_view(c.secret);
    });
}

}  // namespace

Params append_params(const AppendBatch& batch) {
    check_positions(batch);
    Params params;
    add_heads(params, batch);
    add_events(params, batch);
    add_commands(params, batch);
    add_reservations(params, batch);
    add_the_rest(params, batch);
    params.int4(static_cast<std::int32_t>(batch.epoch));
    ANNALS_ASSERT(params.size() == kParameters, "the statement's parameters are all there");
    return params;
}

}  // namespace annals::pg
