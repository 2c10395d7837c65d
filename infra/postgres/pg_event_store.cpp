#include "infra/postgres/pg_event_store.hpp"

#include "domain/kernel/assert.hpp"
#include "infra/postgres/append_statement.hpp"
#include "infra/postgres/log_end.hpp"
#include "infra/postgres/reconnecting.hpp"
#include "infra/runtime/log.hpp"

#include <array>
#include <string_view>
#include <utility>

namespace annals::pg {

namespace {

constexpr Statement kBegin{"store_begin", "begin"};
constexpr Statement kCommit{"store_commit", "commit"};
constexpr Statement kHoldHeads{
    "store_hold_heads",
    "select partition from log.partition where partition = any($1::smallint[]) order by partition for update"
};
#define ANNALS_STORED_EVENT \
    "select e.partition, e.position, e.tenant_id, e.tenant_position, e.stream_id, e.line from log.event e"
// A lateral join per stream: one index descent each, whatever the planner believes of the table.
constexpr Statement kStreams{
    "store_streams",
    "select e.* from unnest($1::smallint[], $2::uuid[]) s (partition, stream_id)"
    " cross join lateral (" ANNALS_STORED_EVENT
    " where e.partition = s.partition and e.stream_id = s.stream_id) e"
    " order by e.partition, e.position"
};
constexpr Statement kStream{
    "store_stream", ANNALS_STORED_EVENT
    " where e.partition = $1::smallint and e.stream_id = $2 and e.stream_version >= $3::bigint"
    " order by e.stream_version"
};
constexpr Statement kRanges{
    "store_ranges",
    "select e.* from unnest($1::smallint[], $2::bigint[], $3::bigint[]) r (partition, after, until)"
    " cross join lateral (" ANNALS_STORED_EVENT
    " where e.partition = r.partition"
    "   and e.position > r.after and e.position <= r.until) e"
    " order by e.partition, e.position"
};
#undef ANNALS_STORED_EVENT
constexpr Statement kTenantHeads{
    "store_tenant_heads",
    "select coalesce((select e.tenant_position from log.event e where e.tenant_id = t.id"
    "   order by e.tenant_position desc limit 1), 0)"
    " from unnest($1::uuid[]) with ordinality t (id, place) order by t.place"
};
constexpr Statement kCommands{
    "store_commands",
    "select c.tenant_id, c.command_id, c.request_hash, c.response"
    " from unnest($1::uuid[], $2::uuid[]) k (tenant_id, command_id)"
    " join log.command c on c.tenant_id = k.tenant_id and c.command_id = k.command_id"
};
constexpr Statement kReservation{
    "store_reservation",
    "select owner_stream, owner_realm from log.reservation where tenant_id = $1 and scope = $2 and key = $3"
};
constexpr Statement kCounters{
    "store_counters",
    "select coalesce((select c.value from log.counter c where c.tenant_id = k.tenant_id"
    "   and c.scope = k.scope), 0)"
    " from unnest($1::uuid[], $2::text[]) with ordinality k (tenant_id, scope, place) order by k.place"
};
constexpr Statement kSubjectKeys{
    "store_subject_keys",
    "select k.subject_id, k.wrapped_key from unnest($1::uuid[]) s (id)"
    " join log.subject_key k on k.subject_id = s.id"
};
constexpr Statement kCredential{
    "store_credential", "select secret from vault.credential where credential_id = $1"
};
constexpr Statement kRankAfter{
    "store_rank_after",
    "select rank from prj.task where tenant_id = $1 and project_id = $2 and column_id = $3 and rank > $4"
    " order by rank limit 1"
};
constexpr Statement kRankBefore{
    "store_rank_before",
    "select rank from prj.task where tenant_id = $1 and project_id = $2 and column_id = $3 and rank < $4"
    " order by rank desc limit 1"
};

constexpr std::string_view kReservationTable = "log.reservation";

Digest digest_of(std::string_view bytes) {
    Digest digest{};
    ANNALS_ASSERT(bytes.size() == digest.size(), "a digest has 32 bytes");
    for (std::size_t i = 0; i < digest.size(); ++i) digest[i] = static_cast<std::uint8_t>(bytes[i]);
    return digest;
}

std::vector<StoredEvent> stored_events(const Rows& rows) {
    std::vector<StoredEvent> events;
    events.reserve(rows.size());
    for (std::size_t i = 0; i < rows.size(); ++i) {
        events.push_back(
            {static_cast<std::uint16_t>(rows.count(i, 0)), rows.count(i, 1), TenantId{rows.uuid(i, 2)},
             rows.count(i, 3), rows.uuid(i, 4), std::string(rows.bytes(i, 5))}
        );
    }
    return events;
}

class PgEventStore final : public EventStore {
public:
    explicit PgEventStore(std::string dsn) : connection_(std::move(dsn), kWriterSession) {}

    AppendOutcome append(const AppendBatch& batch) override;
    std::optional<LogEnd> hold_heads(std::span<const std::uint16_t> partitions) override;
    void release_heads() noexcept override;
    LogEnd end() override;
    std::vector<StoredEvent> read_streams(std::span<const StreamKey> streams) override;
    std::vector<StoredEvent> read_stream(const StreamKey& stream, StreamVersion from) override;
    std::vector<StoredEvent> read_ranges(std::span<const LogRange> ranges) override;
    std::vector<std::uint64_t> tenant_heads(std::span<const TenantId> tenants) override;
    std::vector<StoredCommand> find_commands(std::span<const CommandKey> commands) override;
    std::optional<ReservationOwner> find_reservation(const ReservationKey& key) override;
    std::vector<std::int64_t> counters(std::span<const CounterKey> keys) override;
    std::vector<StoredSubjectKey> find_subject_keys(std::span<const Uuid> subjects) override;
    std::optional<std::string> find_credential(CredentialId id) override;
    std::optional<std::string> find_neighbour_rank(
        TenantId tenant, const Uuid& project, const Uuid& column, const std::string& rank, bool before
    ) override;

private:
    /// Reading is repeatable, so a connection that PostgreSQL closed while it was idle costs a second attempt
    /// only.
    Rows read(const Statement& statement, const Params& params = {});

    Reconnecting connection_;
    bool in_transaction_{false};  ///< that holds heads
};

Rows PgEventStore::read(const Statement& statement, const Params& params) {
    try {
        try {
            return connection_.get().query(statement, params);
        } catch (const PgError& error) {
            if (!error.disconnected()) throw;
            in_transaction_ = false;
            return connection_.get().query(statement, params);
        }
    } catch (const PgError& error) {
        throw StoreUnavailable(error.what());
    }
}

AppendOutcome outcome_of(const PgError& error) {
    switch (error.kind()) {
        case ErrorKind::connection_lost:
            return AppendOutcome::in_doubt;
        case ErrorKind::unique_violation:
            // Another key than a reservation's was taken by a writer that did not move our heads, for example
            // the id of a command without events. What was decided is out of date, just as behind a moved
            // head.
            return error.table() == kReservationTable ? AppendOutcome::reservation_taken
                                                      : AppendOutcome::head_moved;
        case ErrorKind::conflict:
            return AppendOutcome::head_moved;  // a deadlock, which the other writer won
        case ErrorKind::invalid:
            return AppendOutcome::refused_for_good;
        default:
            return AppendOutcome::not_written;
    }
}

AppendOutcome PgEventStore::append(const AppendBatch& batch) {
    const Params params = append_params(batch);
    try {
        std::vector<Call> calls{{&kAppend, &params}};
        const Params none;
        if (in_transaction_) calls.push_back({&kCommit, &none});
        const std::vector<Rows> answers = connection_.get().pipeline(calls);
        in_transaction_ = false;
        const std::uint64_t moved = answers.front().count(0, 0);
        ANNALS_ASSERT(moved == 0 || moved == batch.partitions.size(), "all heads move or none");
        return moved == 0 ? AppendOutcome::head_moved : AppendOutcome::written;
    } catch (const PgError& error) {
        if (error.disconnected()) in_transaction_ = false;
        const AppendOutcome outcome = outcome_of(error);
        if (outcome != AppendOutcome::reservation_taken) {
            runtime::log(
                runtime::Level::warning, "PG-7a31", "an append failed",
                {{"kind", error_kind_name(error.kind())},
                 {"sqlstate", error.sqlstate()},
                 {"constraint", error.constraint()},
                 {"error", error.what()},
                 {"events", batch.events.size()}}
            );
        }
        return outcome;
    }
}

std::optional<LogEnd> PgEventStore::hold_heads(std::span<const std::uint16_t> partitions) {
    ArrayParam wanted(ElementType::int2, partitions.size());
    for (const std::uint16_t partition : partitions) wanted.add(std::int64_t{partition});
    const Params none;
    const Params held = Params{}.array(std::move(wanted));
    // The end is read behind the wait for the heads, by a snapshot of its own.
    const std::array calls{Call{&kBegin, &none}, Call{&kHoldHeads, &held}, Call{&kLogEnd, &none}};
    try {
        Connection& connection = connection_.get();
        in_transaction_ = true;
        return log_end(connection.pipeline(calls).back());
    } catch (const PgError& error) {
        if (error.disconnected()) in_transaction_ = false;
        release_heads();
        if (error.kind() != ErrorKind::lock_timeout) {
            runtime::log(
                runtime::Level::warning, "PG-5b8e", "heads could not be held; deciding without",
                {{"kind", error_kind_name(error.kind())},
                 {"sqlstate", error.sqlstate()},
                 {"error", error.what()}}
            );
        }
        return std::nullopt;
    }
}

void PgEventStore::release_heads() noexcept {
    if (!std::exchange(in_transaction_, false)) return;
    try {
        connection_.get().execute("rollback");
    } catch (const PgError&) {
        connection_.drop();
    }
}

LogEnd PgEventStore::end() {
    return log_end(read(kLogEnd));
}

std::vector<StoredEvent> PgEventStore::read_streams(std::span<const StreamKey> streams) {
    ArrayParam partitions(ElementType::int2, streams.size());
    ArrayParam ids(ElementType::uuid, streams.size());
    for (const StreamKey& key : streams) {
        partitions.add(std::int64_t{key.partition});
        ids.add(key.stream);
    }
    return stored_events(read(kStreams, Params{}.array(std::move(partitions)).array(std::move(ids))));
}

std::vector<StoredEvent> PgEventStore::read_stream(const StreamKey& stream, StreamVersion from) {
    Params params;
    params.int2(static_cast<std::int16_t>(stream.partition)).uuid(stream.stream);
    return stored_events(read(kStream, params.int8(static_cast<std::int64_t>(from))));
}

std::vector<StoredEvent> PgEventStore::read_ranges(std::span<const LogRange> ranges) {
    ArrayParam partitions(ElementType::int2, ranges.size());
    ArrayParam afters(ElementType::int8, ranges.size());
    ArrayParam untils(ElementType::int8, ranges.size());
    for (const LogRange& range : ranges) {
        partitions.add(std::int64_t{range.partition});
        afters.add(static_cast<std::int64_t>(range.after));
        untils.add(static_cast<std::int64_t>(range.until));
    }
    const Params params =
        Params{}.array(std::move(partitions)).array(std::move(afters)).array(std::move(untils));
    return stored_events(read(kRanges, params));
}

std::vector<std::uint64_t> PgEventStore::tenant_heads(std::span<const TenantId> tenants) {
    ArrayParam ids(ElementType::uuid, tenants.size());
    for (const TenantId& tenant : tenants) ids.add(tenant);
    const Rows rows = read(kTenantHeads, Params{}.array(std::move(ids)));
    ANNALS_ASSERT(rows.size() == tenants.size(), "each realm asked for has a head");
    std::vector<std::uint64_t> heads;
    for (std::size_t i = 0; i < rows.size(); ++i) heads.push_back(rows.count(i, 0));
    return heads;
}

std::vector<StoredCommand> PgEventStore::find_commands(std::span<const CommandKey> commands) {
    ArrayParam tenants(ElementType::uuid, commands.size());
    ArrayParam ids(ElementType::uuid, commands.size());
    for (const CommandKey& key : commands) {
        tenants.add(key.tenant);
        ids.add(key.command);
    }
    const Rows rows = read(kCommands, Params{}.array(std::move(tenants)).array(std::move(ids)));
    std::vector<StoredCommand> found;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        found.push_back(
            {{TenantId{rows.uuid(i, 0)}, CommandId{rows.uuid(i, 1)}},
             digest_of(rows.bytes(i, 2)),
             std::string(rows.bytes(i, 3))}
        );
    }
    return found;
}

std::optional<ReservationOwner> PgEventStore::find_reservation(const ReservationKey& key) {
    const Rows rows = read(kReservation, Params{}.uuid(key.tenant).text(key.scope).text(key.key));
    if (rows.empty()) return std::nullopt;
    return ReservationOwner{rows.uuid(0, 0), TenantId{rows.uuid(0, 1)}};
}

std::vector<std::int64_t> PgEventStore::counters(std::span<const CounterKey> keys) {
    ArrayParam tenants(ElementType::uuid, keys.size());
    ArrayParam scopes(ElementType::text, keys.size());
    for (const CounterKey& key : keys) {
        tenants.add(key.tenant);
        scopes.add(std::string_view(key.scope));
    }
    const Rows rows = read(kCounters, Params{}.array(std::move(tenants)).array(std::move(scopes)));
    ANNALS_ASSERT(rows.size() == keys.size(), "each counter asked for has a value");
    std::vector<std::int64_t> values;
    values.reserve(rows.size());
    for (std::size_t i = 0; i < rows.size(); ++i) values.push_back(rows.integer(i, 0));
    return values;
}

std::vector<StoredSubjectKey> PgEventStore::find_subject_keys(std::span<const Uuid> subjects) {
    ArrayParam ids(ElementType::uuid, subjects.size());
    for (const Uuid& subject : subjects) ids.add(subject);
    const Rows rows = read(kSubjectKeys, Params{}.array(std::move(ids)));
    std::vector<StoredSubjectKey> found;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        found.push_back({rows.uuid(i, 0), std::string(rows.at(i, 1).value_or(std::string_view{}))});
    }
    return found;
}

std::optional<std::string> PgEventStore::find_credential(CredentialId id) {
    const Rows rows = read(kCredential, Params{}.uuid(id));
    if (rows.empty()) return std::nullopt;
    return std::string(rows.bytes(0, 0));
}

std::optional<std::string> PgEventStore::find_neighbour_rank(
    TenantId tenant, const Uuid& project, const Uuid& column, const std::string& rank, bool before
) {
    const Rows rows =
        read(before ? kRankBefore : kRankAfter, Params{}.uuid(tenant).uuid(project).uuid(column).text(rank));
    if (rows.empty()) return std::nullopt;
    return std::string(rows.bytes(0, 0));
}

}  // namespace

std::unique_ptr<EventStore> make_pg_event_store(std::string dsn) {
    return std::make_unique<PgEventStore>(std::move(dsn));
}

}  // namespace annals::pg
