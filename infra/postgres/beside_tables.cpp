#include "infra/postgres/beside_tables.hpp"

#include "infra/postgres/roles.hpp"
#include "infra/postgres/table_statements.hpp"

#include <fmt/format.h>

namespace annals::pg {
namespace {

constexpr SessionSettings kComparisonSession{
    "annals-rebuild", 0, 0,
    "set jit = off; set timezone = 'UTC'; set datestyle = 'ISO'; set idle_in_transaction_session_timeout = 0;"
};
constexpr SessionSettings kOwnerSession{
    "annals-rebuild", 0, 2'000, "set search_path = ''; set idle_in_transaction_session_timeout = 0;"
};
constexpr Statement kCopy{
    "beside_copy", "select version::int, former from proj.beside where projection = $1"
};
constexpr Statement kLiveVersion{
    "beside_live",
    "select max(pg_catalog.split_part(projection, '@', 2)::int) from proj.checkpoint"
    " where pg_catalog.split_part(projection, '@', 1) = $1 and projection not like '%#beside'"
};
constexpr Statement kRemember{
    "beside_remember",
    "insert into proj.beside (projection, version) values ($1, $2::int) on conflict do nothing"
};
constexpr Statement kCreate{"beside_create", "select proj.create_beside($1::regclass)"};
constexpr Statement kIndex{"beside_index", "select proj.index_beside($1::regclass)"};
constexpr Statement kSwap{"beside_swap", "select proj.swap_beside($1::regclass)"};
constexpr Statement kPositions{
    "beside_positions", "select position from proj.checkpoint where projection = $1 order by partition"
};
constexpr Statement kLock{
    "beside_lock", "select position from proj.checkpoint where projection = $1 order by partition for update"
};
constexpr Statement kSameShape{
    "beside_same_shape",
    "select not exists (select from (select attname, format_type(atttypid, atttypmod), attnotnull"
    " from pg_catalog.pg_attribute where attrelid = $1::regclass and attnum > 0 and not attisdropped) as l "
    "(a, b,"
    " c) full join (select attname, format_type(atttypid, atttypmod), attnotnull from pg_catalog.pg_attribute"
    " where attrelid = $2::regclass and attnum > 0 and not attisdropped) as r (a, b, c) using (a, b, c)"
    " where l.b is null or r.b is null)"
};

std::string checkpoint_name(std::string_view projection, std::uint16_t version, bool beside) {
    return fmt::format("{}@{}{}", projection, version, beside ? "#beside" : "");
}

BesideTables::Positions positions_of(const Rows& rows) {
    BesideTables::Positions positions;
    for (std::size_t i = 0; i < rows.size(); ++i) positions.push_back(rows.count(i, 0));
    return positions;
}

std::uint64_t number(const Rows& rows, std::size_t row, std::size_t column) {
    const auto text = rows.at(row, column);
    return text ? std::stoull(std::string(*text)) : 0;
}

bool is_lock_wait(const PgError& error) {
    return error.kind() == ErrorKind::lock_timeout || error.kind() == ErrorKind::statement_timeout ||
           error.kind() == ErrorKind::conflict;
}

}  // namespace

Comparison::Comparison(const std::string& engine_dsn) : connection_(engine_dsn, kComparisonSession) {}

void Comparison::begin() {
    connection_.execute("begin isolation level repeatable read read only");
    connection_.execute("select pg_catalog.pg_current_snapshot()");
}

TableComparison Comparison::compare(const TableType& table) {
    const std::string live(table.name);
    const std::string beside = sql_table_name(table, Tables::beside);
    // The hash of a realm does not depend on the order of its rows.
    const auto side = [](const std::string& name) {
        return "(select tenant_id, count(*) as n, sum(hashtextextended(t::text, 0)::numeric) as h from " +
               name + " as t group by tenant_id)";
    };
    const std::string both = fmt::format(
        "select tenant_id, coalesce(l.n, 0) as live, coalesce(b.n, 0) as beside,"
        " l.n is distinct from b.n or l.h is distinct from b.h as differs from {} as l full join {} as b "
        "using"
        " (tenant_id)",
        side(live), side(beside)
    );
    const Rows totals = connection_.execute(fmt::format(
        "select tenant_id, live, beside, sum(live) over (), sum(beside) over (), count(*) over (),"
        " count(*) filter (where differs) over () from ({}) as realms order by differs desc, tenant_id limit "
        "{}",
        both, kDifferingMax
    ));
    TableComparison result;
    result.table = live;
    if (totals.empty()) return result;
    result.live_rows = number(totals, 0, 3);
    result.beside_rows = number(totals, 0, 4);
    result.realms = number(totals, 0, 5);
    result.realms_differing = number(totals, 0, 6);
    std::string tenants;
    for (std::size_t i = 0; i < totals.size() && i < result.realms_differing; ++i) {
        const auto tenant = TenantId::parse(totals.at(i, 0).value_or("")).value_or(TenantId{});
        result.differing.push_back({tenant, number(totals, i, 1), number(totals, i, 2)});
        tenants += (tenants.empty() ? "'" : ", '") + tenant.to_string() + "'";
    }
    if (result.differing.empty()) return result;
    const Rows rows = connection_.execute(fmt::format(
        "select id from (select tenant_id, id, t::text as row from {} as t where tenant_id in ({})) as l"
        " full join (select tenant_id, id, t::text as row from {} as t where tenant_id in ({})) as b"
        " using (tenant_id, id) where l.row is distinct from b.row order by tenant_id, id limit {}",
        live, tenants, beside, tenants, kDifferingMax
    ));
    for (std::size_t i = 0; i < rows.size(); ++i) result.rows.emplace_back(rows.at(i, 0).value_or(""));
    return result;
}

BesideTables::BesideTables(const std::string& owner_dsn) : connection_(owner_dsn, kOwnerSession) {
    connection_.execute(fmt::format("set role {}; set client_min_messages = warning", kOwnerRole));
}

std::optional<BesideCopy> BesideTables::copy(std::string_view projection) {
    const Rows rows = connection_.query(kCopy, Params().text(projection));
    if (rows.empty()) return std::nullopt;
    return BesideCopy{static_cast<std::uint16_t>(rows.integer(0, 0)), rows.boolean(0, 1)};
}

std::optional<std::uint16_t> BesideTables::live_version(std::string_view projection) {
    const Rows rows = connection_.query(kLiveVersion, Params().text(projection), Format::text);
    if (!rows.at(0, 0)) return std::nullopt;
    return static_cast<std::uint16_t>(number(rows, 0, 0));
}

void BesideTables::create(const ProjectionType& type) {
    Transaction transaction(connection_);
    for (const TableType& table : type.tables)
        connection_.query(kCreate, Params().text(table.name), Format::text);
    connection_.query(kRemember, Params().text(type.name).int4(type.version));
    transaction.commit();
}

void BesideTables::add_indexes(const ProjectionType& type) {
    for (const TableType& table : type.tables)
        connection_.query(kIndex, Params().text(table.name), Format::text);
}

void BesideTables::drop(const ProjectionType& type, std::uint16_t version) {
    const std::string checkpoint = checkpoint_name(type.name, version, true);
    Transaction transaction(connection_);
    for (const TableType& table : type.tables)
        connection_.execute("drop table if exists " + sql_table_name(table, Tables::beside));
    for (const char* from : {"proj.checkpoint", "proj.parked"})
        connection_.execute(fmt::format("delete from {} where projection = '{}'", from, checkpoint));
    connection_.execute(fmt::format("delete from proj.beside where projection = '{}'", type.name));
    transaction.commit();
}

bool BesideTables::same_shape(const ProjectionType& type) {
    for (const TableType& table : type.tables) {
        Params params;
        params.text(table.name).text(sql_table_name(table, Tables::beside));
        if (!connection_.query(kSameShape, params).boolean(0, 0)) return false;
    }
    return true;
}

BesideTables::Positions BesideTables::positions(std::string_view checkpoint) {
    return positions_of(connection_.query(kPositions, Params().text(checkpoint)));
}

BesideTables::Positions BesideTables::lock_checkpoints(std::string_view live) {
    connection_.execute(fmt::format("set local lock_timeout = {}", kHoldMs));
    return positions_of(connection_.query(kLock, Params().text(live)));
}

bool BesideTables::hold(std::string_view live, const std::function<bool(const Positions&)>& use) {
    try {
        const Transaction transaction(connection_);
        return use(lock_checkpoints(live));
    } catch (const PgError& error) {
        if (!is_lock_wait(error)) throw;
        return false;
    }
}

void BesideTables::exchange_rows(const std::string& name, std::uint16_t live, std::uint16_t beside) {
    const std::string was_live = checkpoint_name(name, live, false);
    const std::string was_beside = checkpoint_name(name, beside, true);
    const std::string now_live = checkpoint_name(name, beside, false);
    const std::string now_beside = checkpoint_name(name, live, true);
    // Whoever still has the former generation of a live checkpoint is fenced.
    connection_.execute(fmt::format(
        "update proj.checkpoint as b set generation = greatest(b.generation, l.generation) + 1,"
        " kafka_offset = l.kafka_offset, applied_at = l.applied_at from proj.checkpoint as l"
        " where b.projection = '{}' and l.projection = '{}' and l.partition = b.partition",
        was_beside, was_live
    ));
    for (const char* table : {"proj.checkpoint", "proj.parked"}) {
        const auto rename = [&](const std::string& from, const std::string& to) {
            connection_.execute(
                fmt::format("update {} set projection = '{}' where projection = '{}'", table, to, from)
            );
        };
        rename(was_live, was_live + "#swap");
        rename(was_beside, now_live);
        rename(was_live + "#swap", now_beside);
    }
    connection_.execute(fmt::format(
        "update proj.beside set version = {}, former = not former, switched_at = clock_timestamp()"
        " where projection = '{}'",
        live, name
    ));
}

bool BesideTables::swap(
    const ProjectionType& type, std::uint16_t live, std::uint16_t beside, int lock_ms,
    const std::function<bool(const Positions&)>& use
) {
    try {
        Transaction transaction(connection_);
        if (!use(lock_checkpoints(checkpoint_name(type.name, live, false)))) return false;
        std::string tables;
        for (const TableType& table : type.tables) {
            tables += fmt::format(
                "{}{}, {}", tables.empty() ? "" : ", ", table.name, sql_table_name(table, Tables::beside)
            );
        }
        // One bound over all tables: a reader that waits for one of them waits no longer than this.
        connection_.execute(fmt::format(
            "set local statement_timeout = {}; lock table {} in access exclusive mode; set local "
            "statement_timeout"
            " = 0",
            lock_ms, tables
        ));
        for (const TableType& table : type.tables)
            connection_.query(kSwap, Params().text(table.name), Format::text);
        exchange_rows(std::string(type.name), live, beside);
        transaction.commit();
        return true;
    } catch (const PgError& error) {
        if (!is_lock_wait(error)) throw;
        return false;
    }
}

}  // namespace annals::pg
