#include "infra/postgres/projection_store.hpp"

#include "infra/postgres/limits.hpp"
#include "infra/postgres/parked_events.hpp"
#include "infra/postgres/partition_leases.hpp"
#include "infra/postgres/projection_params.hpp"
#include "infra/postgres/reconnecting.hpp"
#include "infra/postgres/table_statements.hpp"

#include <array>
#include <deque>
#include <fmt/format.h>
#include <utility>

namespace annals::pg {
namespace {

// Everything is looked up by key. Without scans and joins over whole tables a generic plan cannot be one that
// was right while the table was empty. Rows are read as text, in UTC and ISO style whatever the server's
// defaults are.
constexpr const char* kProjectionSettings =
    "set plan_cache_mode = force_generic_plan; set enable_seqscan = off; set enable_hashjoin = off;"
    " set enable_mergejoin = off; set jit = off; set timezone = 'UTC'; set datestyle = 'ISO';";
constexpr Statement kHeads{"projection_heads", "select head, epoch from log.partition order by partition"};
constexpr Statement kEpochs{
    "projection_epochs", "select partition, epoch, after from log.epoch order by partition, epoch"
};
constexpr Statement kLeases{"projection_leases", "select partition, epoch from proj.lease"};
constexpr Statement kMakeCheckpoints{
    "projection_make_checkpoints",
    "insert into proj.checkpoint (projection, partition, position)"
    " select p.name, l.partition, 0 from unnest($1::text[]) as p (name) cross join log.partition as l"
    " on conflict do nothing"
};
constexpr Statement kCheckpoints{
    "projection_checkpoints",
    "select projection, partition, position, kafka_offset, generation from proj.checkpoint"
    " where projection = any($1::text[])"
};
constexpr Statement kParked{
    "projection_parked",
    "select projection, partition, position, tenant_id, stream_id, event_type, code, detail from proj.parked"
    " where projection = $1 and partition = $2::smallint and position > $3::bigint"
    " order by position limit $4::bigint"
};
constexpr Statement kParkedUnknown{
    "projection_parked_unknown",
    "select p.projection, p.partition, p.position, p.tenant_id, p.stream_id, p.event_type, p.code, p.detail"
    " from (select f.stream_id from (select distinct on (stream_id) stream_id, position, code, event_type"
    "   from proj.parked where projection = $1 and partition = $2::smallint order by stream_id, position) as "
    "f"
    "  where f.code in ('unknown_type', 'waiting') and f.event_type <> all($3::text[])"
    "  order by f.position limit $4::bigint) as h"
    " join proj.parked as p on p.projection = $1 and p.stream_id = h.stream_id"
    " where p.partition = $2::smallint order by p.position limit $4::bigint"
};
constexpr Statement kParkedStreams{
    "projection_parked_streams",
    "select projection, partition, stream_id, count(*) from proj.parked group by 1, 2, 3"
};
constexpr Statement kMove{
    "projection_move",
    "select proj.move_checkpoints($1::text[], $2::smallint[], $3::bigint[], $4::bigint[], $5::bigint[], "
    "$6::bigint[],"
    " $7::bigint[], $8::bigint[])"
};
constexpr Statement kPark{
    "projection_park",
    "insert into proj.parked (projection, partition, position, tenant_id, stream_id, event_type, code, "
    "detail, attempts)"
    " select u.*, case u.code when 'waiting' then 0 else 1 end"
    " from unnest($1::text[], $2::smallint[], $3::bigint[], $4::uuid[], $5::uuid[], $6::text[], $7::text[],"
    " $8::text[]) as u (projection, partition, position, tenant_id, stream_id, event_type, code, detail)"
};
constexpr Statement kFailedAgain{
    "projection_failed_again",
    "update proj.parked as t set attempts = t.attempts + 1, tried_at = clock_timestamp(), code = u.code,"
    " detail = u.detail from unnest($1::text[], $2::smallint[], $3::bigint[], $4::uuid[], $5::uuid[],"
    " $6::text[], $7::text[], $8::text[])"
    " as u (projection, partition, position, tenant_id, stream_id, event_type, code, detail)"
    " where t.projection = u.projection and t.partition = u.partition and t.position = u.position"
};
constexpr Statement kUnpark{
    "projection_unpark",
    "delete from proj.parked as t using unnest($1::text[], $2::smallint[], $3::bigint[]) as k (projection, "
    "partition,"
    " position) where t.projection = k.projection and t.partition = k.partition and t.position = k.position"
};
constexpr Statement kNotify{
    "projection_notify",
    "select pg_notify('annals_applied', position) from unnest($1::text[]) as p (position)"
};
constexpr Statement kReadLog{
    "projection_read_log",
    "select position, line from log.event where partition = $1::smallint and position > $2::bigint"
    " order by position limit $3::bigint"
};
// Raised by proj.move_checkpoints.
constexpr std::string_view kCheckpointMoved = "AN002";
constexpr std::string_view kBeyondLog = "AN003";
// SQLSTATE class of damaged pages and indexes, which are one partition's and not the whole database's.
constexpr std::string_view kInternalErrors = "XX";

/// The database refuses the values, not the statement or the session: SQLSTATE classes data exception,
/// integrity constraint violation and program limit exceeded.
bool is_bad_data(const PgError& error) {
    const std::string_view state = error.sqlstate();
    return !error.disconnected() &&
           (state.starts_with("22") || state.starts_with("23") || state.starts_with("54"));
}

Checkpoint checkpoint(const Rows& rows, std::size_t row) {
    Checkpoint read{
        std::string(rows.bytes(row, 0)),
        static_cast<std::uint16_t>(rows.count(row, 1)),
        rows.count(row, 2),
        {},
        rows.count(row, 4)
    };
    if (rows.at(row, 3)) read.kafka_offset = rows.integer(row, 3);
    return read;
}

std::vector<LogLine> read_log(
    Connection& connection, std::uint16_t partition, std::uint64_t after, std::size_t limit
) {
    Params params;
    params.int2(static_cast<std::int16_t>(partition)).int8(static_cast<std::int64_t>(after));
    params.int8(static_cast<std::int64_t>(limit));
    const Rows rows = connection.query(kReadLog, params);
    std::vector<LogLine> lines;
    lines.reserve(rows.size());
    for (std::size_t i = 0; i < rows.size(); ++i)
        lines.push_back({rows.count(i, 0), std::string(rows.bytes(i, 1))});
    return lines;
}

/// A connection whose failures are ProjectionStoreUnavailable, unless `use` deals with them itself.
class EngineSession {
public:
    explicit EngineSession(
        std::string dsn, const char* name = "annals-projector", const std::string& more = {}
    )
        : more_(kProjectionSettings + more),
          connection_(std::move(dsn), {name, kProjectorStatementTimeoutMs, kLockTimeoutMs, more_.c_str()}) {}

    template <class Use>
    auto with(Use use) {
        try {
            return use(connection_.get());
        } catch (const PgError& error) {
            if (error.disconnected()) connection_.drop();
            throw ProjectionStoreUnavailable(error.what());
        }
    }

private:
    const std::string more_;
    Reconnecting connection_;
};

/// Stands behind what the DSN says, because others find the session by it.
std::string member_setting(const std::string& member) {
    return " set application_name = '" + projector_session_name(member) + "';";
}

/// A copy that is being built can be built again, so its commits need not wait for the disk: what a crash of
/// the server takes away, it takes from rows and checkpoint alike. The switch waits, and with it all before
/// it.
EngineSession session_for(std::string dsn, Tables tables) {
    if (tables == Tables::live) return EngineSession(std::move(dsn));
    return EngineSession(std::move(dsn), "annals-rebuild", " set synchronous_commit = off;");
}

class PgProjectionStore final : public ProjectionStore {
public:
    PgProjectionStore(std::string dsn, Tables tables)
        : session_(session_for(std::move(dsn), tables)), statements_(tables), tables_(tables) {}
    PgProjectionStore(std::string dsn, const std::string& member)
        : session_(std::move(dsn), "annals-projector", member_setting(member)),
          statements_(Tables::live),
          tables_(Tables::live) {}

    std::vector<LogHead> log_heads() override;
    std::vector<LogEpoch> log_epochs() override;
    std::vector<PartitionLease> leases() override;
    std::vector<Checkpoint> checkpoints(std::span<const std::string> projections) override;
    std::vector<ParkedEvent> parked(
        std::string_view projection, std::uint16_t partition, std::uint64_t after, std::size_t limit
    ) override;
    std::vector<ParkedStream> parked_streams() override;
    std::vector<ParkedEvent> parked_unknown(
        std::string_view projection, std::uint16_t partition, std::span<const std::string> but_types,
        std::size_t limit
    ) override;
    std::optional<std::vector<EventPlace>> begin_retry(const ProjectionType& type) override;
    void end_retry(const ProjectionType& type) noexcept override;
    void load(std::span<RowTable* const> tables) override;
    ApplyResult apply(const ProjectionBatch& batch) override;

private:
    EngineSession session_;
    StatementsOfTables statements_;
    Tables tables_;
};

std::vector<LogHead> PgProjectionStore::log_heads() {
    return session_.with([](Connection& connection) {
        const Rows rows = connection.query(kHeads);
        std::vector<LogHead> heads;
        for (std::size_t i = 0; i < rows.size(); ++i) {
            heads.push_back({rows.count(i, 0), static_cast<std::uint32_t>(rows.count(i, 1))});
        }
        return heads;
    });
}

std::vector<LogEpoch> PgProjectionStore::log_epochs() {
    return session_.with([](Connection& connection) {
        const Rows rows = connection.query(kEpochs);
        std::vector<LogEpoch> epochs;
        for (std::size_t i = 0; i < rows.size(); ++i) {
            epochs.push_back(
                {static_cast<std::uint16_t>(rows.count(i, 0)), static_cast<std::uint32_t>(rows.count(i, 1)),
                 rows.count(i, 2)}
            );
        }
        return epochs;
    });
}

std::vector<PartitionLease> PgProjectionStore::leases() {
    return session_.with([](Connection& connection) {
        const Rows rows = connection.query(kLeases);
        std::vector<PartitionLease> leases;
        for (std::size_t i = 0; i < rows.size(); ++i) {
            leases.push_back({static_cast<std::uint16_t>(rows.count(i, 0)), rows.count(i, 1)});
        }
        return leases;
    });
}

std::vector<Checkpoint> PgProjectionStore::checkpoints(std::span<const std::string> projections) {
    return session_.with([&](Connection& connection) {
        ArrayParam names(ElementType::text, projections.size());
        for (const std::string& name : projections) names.add(std::string_view(name));
        Params params;
        params.array(std::move(names));
        const std::array calls{Call{&kMakeCheckpoints, &params}, Call{&kCheckpoints, &params}};
        const std::vector<Rows> answers = connection.pipeline(calls);
        std::vector<Checkpoint> read;
        for (std::size_t i = 0; i < answers[1].size(); ++i) read.push_back(checkpoint(answers[1], i));
        return read;
    });
}

std::vector<ParkedEvent> PgProjectionStore::parked(
    std::string_view projection, std::uint16_t partition, std::uint64_t after, std::size_t limit
) {
    return session_.with([&](Connection& connection) {
        Params params;
        params.text(projection).int2(static_cast<std::int16_t>(partition));
        params.int8(static_cast<std::int64_t>(after)).int8(static_cast<std::int64_t>(limit));
        return parked_events(connection.query(kParked, params));
    });
}

std::vector<ParkedEvent> PgProjectionStore::parked_unknown(
    std::string_view projection, std::uint16_t partition, std::span<const std::string> but_types,
    std::size_t limit
) {
    return session_.with([&](Connection& connection) {
        ArrayParam types(ElementType::text, but_types.size());
        for (const std::string& type : but_types) types.add(std::string_view(type));
        Params params;
        params.text(projection).int2(static_cast<std::int16_t>(partition)).array(std::move(types));
        params.int8(static_cast<std::int64_t>(limit));
        return parked_events(connection.query(kParkedUnknown, params));
    });
}

std::optional<std::vector<EventPlace>> PgProjectionStore::begin_retry(const ProjectionType& type) {
    const bool locked =
        session_.with([&](Connection& connection) { return lock_projection(connection, type.name); });
    if (!locked) return std::nullopt;
    try {
        return session_.with([&](Connection& connection) {
            return read_skipped(connection, type.checkpoint_name());
        });
    } catch (const std::exception&) {
        end_retry(type);
        throw;
    }
}

void PgProjectionStore::end_retry(const ProjectionType& type) noexcept {
    try {
        session_.with([&](Connection& connection) { unlock_projection(connection, type.name); });
    } catch (const ProjectionStoreUnavailable&) {  // NOLINT(bugprone-empty-catch): see the declaration
    }
}

std::vector<ProjectionStore::ParkedStream> PgProjectionStore::parked_streams() {
    return session_.with([](Connection& connection) {
        const Rows rows = connection.query(kParkedStreams);
        std::vector<ParkedStream> streams;
        for (std::size_t i = 0; i < rows.size(); ++i) {
            streams.push_back(
                {std::string(rows.bytes(i, 0)), static_cast<std::uint16_t>(rows.count(i, 1)), rows.uuid(i, 2),
                 rows.count(i, 3)}
            );
        }
        return streams;
    });
}

void PgProjectionStore::load(std::span<RowTable* const> tables) {
    session_.with([&](Connection& connection) {
        std::vector<Params> params;
        std::vector<Call> calls;
        params.reserve(tables.size());
        for (const RowTable* table : tables) {
            params.push_back(TableStatements::key_params(table->wanted()));
            calls.push_back({&statements_.of(table->type()).load(), &params.back(), Format::text});
        }
        const std::vector<Rows> answers = connection.pipeline(calls);
        for (std::size_t i = 0; i < tables.size(); ++i) {
            const TableStatements& statements = statements_.of(tables[i]->type());
            for (std::size_t row = 0; row < answers[i].size(); ++row) {
                tables[i]->place(TableStatements::key(answers[i], row), statements.row(answers[i], row));
            }
        }
    });
}

ApplyResult PgProjectionStore::apply(const ProjectionBatch& batch) {
    return session_.with([&](Connection& connection) -> ApplyResult {
        std::deque<Params> params;  // a call points to its parameters
        std::vector<Call> calls;
        const auto call = [&](const Statement& statement, Params with) {
            calls.push_back({&statement, &params.emplace_back(std::move(with))});
        };
        if (!batch.moves.empty()) call(kMove, move_params(batch.moves));
        for (const TableChange& change : batch.changes) {
            const TableStatements& statements = statements_.of(*change.table);
            if (!change.upserts.empty()) call(statements.upsert(), statements.upsert_params(change.upserts));
            if (!change.removals.empty())
                call(statements.remove(), TableStatements::key_params(change.removals));
        }
        if (!batch.parked.empty()) call(kPark, park_params(batch.parked, true));
        if (!batch.unparked.empty()) call(kUnpark, park_params(batch.unparked, false));
        if (!batch.failed.empty()) call(kFailedAgain, park_params(batch.failed, true));
        // The copy beside is nothing that anybody may wait for.
        if (!batch.applied.empty() && tables_ == Tables::live) call(kNotify, notify_params(batch.applied));
        try {
            connection.pipeline(calls);
            return {};
        } catch (const PgError& error) {
            if (error.sqlstate() == kCheckpointMoved) return {ApplyOutcome::fenced, error.what()};
            if (error.sqlstate() == kBeyondLog) return {ApplyOutcome::beyond_log, error.what()};
            if (is_bad_data(error)) return {ApplyOutcome::bad_data, error.sqlstate() + ": " + error.what()};
            throw;
        }
    });
}

class PgLogReader final : public LogReader {
public:
    explicit PgLogReader(std::string dsn) : session_(std::move(dsn)) {}
    std::vector<LogLine> read(std::uint16_t partition, std::uint64_t after, std::size_t limit) override {
        return session_.with([&](Connection& connection) {
            try {
                return read_log(connection, partition, after, limit);
            } catch (const PgError& error) {
                if (error.disconnected() || !error.sqlstate().starts_with(kInternalErrors)) throw;
                const auto place = fmt::format("the log of partition {} after position {}", partition, after);
                throw LogDamaged(partition, place + " cannot be read: " + error.what());
            }
        });
    }

private:
    EngineSession session_;
};

}  // namespace

std::unique_ptr<ProjectionStore> make_projection_store(std::string dsn, Tables tables) {
    return std::make_unique<PgProjectionStore>(std::move(dsn), tables);
}

std::unique_ptr<ProjectionStore> make_leased_projection_store(std::string dsn, const std::string& member) {
    return std::make_unique<PgProjectionStore>(std::move(dsn), member);
}

std::unique_ptr<LogReader> make_log_reader(std::string dsn) {
    return std::make_unique<PgLogReader>(std::move(dsn));
}

}  // namespace annals::pg
