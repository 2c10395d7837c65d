#include "infra/postgres/schema_check.hpp"

#include "infra/postgres/connection.hpp"
#include "infra/postgres/limits.hpp"
#include "infra/postgres/migrate.hpp"
#include "infra/postgres/roles.hpp"
#include "infra/runtime/config_error.hpp"
#include "infra/runtime/log.hpp"

#include <fmt/format.h>
#include <vector>

namespace annals::pg {

using runtime::ConfigError;

namespace {

constexpr std::int32_t kServerVersionMin = 150'000;

constexpr Statement kDurability{
    "check_durability",
    "select name, setting from pg_catalog.pg_settings "
    "where name in ('fsync', 'full_page_writes', 'synchronous_commit') and setting = 'off' order by name"
};
constexpr Statement kRole{
    "check_role",
    "select r.rolname, r.rolsuper, r.rolbypassrls, r.rolcreaterole,"
    "  exists (select from pg_catalog.pg_class c where c.relowner = r.oid),"
    "  exists (select from pg_catalog.pg_roles o where o.rolname = $1 and pg_catalog.pg_has_role(r.oid, "
    "o.oid, "
    "'member')),"
    "  exists (select from pg_catalog.pg_roles o where o.rolname = $2 and o.oid <> r.oid and "
    "pg_catalog.pg_has_role(r.oid, o.oid, 'member'))"
    " from pg_catalog.pg_roles r where r.rolname = current_user"
};
constexpr Statement kPartitions{"check_partitions", "select partitions::int from log.installation"};

void check_role(Connection& connection, const char* wanted, const char* other) {
    const Rows row = connection.query(kRole, Params{}.text(kOwnerRole).text(other));
    const std::string name(row.bytes(0, 0));
    const auto refuse = [&](const char* what) {
        throw ConfigError(
            fmt::format("the PostgreSQL role {} {}; give a DSN of the role {} instead", name, what, wanted)
        );
    };
    if (row.boolean(0, 1)) refuse("is a superuser, for whom row-level security does not hold");
    if (row.boolean(0, 2)) refuse("has BYPASSRLS, so row-level security does not hold for it");
    if (row.boolean(0, 3)) refuse("may create roles");
    if (row.boolean(0, 4)) refuse("owns tables and could change the log");
    if (row.boolean(0, 5)) refuse("may become annals_owner and could change the log");
    if (std::string_view(wanted) == kEngineRole && name == other) refuse("may only read query tables");
    if (std::string_view(wanted) == kApiRole && (name == other || row.boolean(0, 6))) {
        refuse("may see the rows of every realm");
    }
}

void check_schema(Connection& connection) {
    std::vector<AppliedMigration> history;
    try {
        history = applied_migrations(connection);
    } catch (const PgError& error) {
        if (error.kind() != ErrorKind::missing_object && error.kind() != ErrorKind::refused) throw;
        throw ConfigError("this database has no Annals schema that this role may use; run `annals migrate`");
    }
    try {
        const auto pending = pending_migrations(history, embedded_migrations());
        if (!pending.empty()) {
            throw ConfigError(fmt::format(
                "the database's schema is older than this binary ({} is missing); run `annals migrate`",
                pending.front()->name
            ));
        }
    } catch (const MigrateError& error) {
        throw ConfigError(error.what());
    }
    for (const std::string& name : newer_migrations(history, embedded_migrations())) {
        runtime::log(
            runtime::Level::warning, "PG-5b70", "serving a newer schema, as its migration allows",
            {{"migration", name}}
        );
    }
}

}  // namespace

void check_database(const std::string& dsn, ServerRole role) {
    Connection connection(dsn, kListenerSession);
    if (connection.server_version() < kServerVersionMin) {
        throw ConfigError(fmt::format(
            "PostgreSQL {} is too old; 15 is the oldest that will do", connection.server_version() / 10'000
        ));
    }
    const Rows unsafe = connection.query(kDurability);
    if (!unsafe.empty()) {
        throw ConfigError(fmt::format(
            "PostgreSQL runs with {0} = off and may lose what it acknowledged; set {0} = on",
            unsafe.bytes(0, 0)
        ));
    }
    const bool engine = role == ServerRole::engine;
    check_role(connection, engine ? kEngineRole : kApiRole, engine ? kApiRole : kEngineRole);
    check_schema(connection);
}

std::uint16_t log_partitions(const std::string& dsn) {
    Connection connection(dsn, kListenerSession);
    const Rows row = connection.query(kPartitions);
    if (row.empty()) throw ConfigError("this database has no log yet; run `annals migrate`");
    return static_cast<std::uint16_t>(row.integer(0, 0));
}

}  // namespace annals::pg
