#include "infra/postgres/migrate.hpp"

#include "infra/postgres/connection.hpp"
#include "infra/postgres/dsn.hpp"
#include "infra/postgres/limits.hpp"
#include "infra/postgres/roles.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace annals::pg {

namespace {

// One number for every Annals in one database: advisory locks are per database.
constexpr const char* kLock = "select pg_catalog.pg_advisory_lock(4712026001)";

constexpr const char* kHistoryTable =
    "create schema if not exists annals;"
    "create table if not exists annals.annals_migration ("
    "    number integer primary key, name text not null, sha256 text not null,"
    "    applied_at timestamptz not null default now(), applied_by text not null default session_user);"
    "alter table annals.annals_migration add column if not exists compatible_since integer;"
    "grant usage on schema annals to annals_engine, annals_api;"
    "grant select on annals.annals_migration to annals_engine, annals_api";
constexpr Statement kHasHistory{
    "migrate_has_history", "select pg_catalog.to_regclass('annals.annals_migration') is not null"
};
constexpr Statement kHistory{
    "migrate_history",
    // Asked for through JSON, because databases of older binaries do not have the column.
    "select number, name, sha256, coalesce((pg_catalog.to_jsonb(m)->>'compatible_since')::int, 0)"
    " from annals.annals_migration m order by number"
};
constexpr Statement kRecord{
    "migrate_record",
    "insert into annals.annals_migration (number, name, sha256, compatible_since)"
    " values ($1::int, $2, $3, $4::int)"
};
constexpr Statement kHasLog{
    "migrate_has_log", "select pg_catalog.to_regclass('log.installation') is not null"
};
constexpr Statement kPartitions{"migrate_partitions", "select partitions::int, schema from log.installation"};
constexpr Statement kAddInstallation{
    "migrate_installation", "insert into log.installation (partitions, schema) values ($1::int, $2::int)"
};
constexpr Statement kAddPartitions{
    "migrate_add_partitions",
    "insert into log.partition (partition) select pg_catalog.generate_series(0, $1::int - 1)"
};
constexpr Statement kSetSchema{"migrate_set_schema", "update log.installation set schema = $1::int"};
constexpr Statement kHasDatabase{
    "migrate_has_database",
    "select pg_catalog.quote_ident($1), exists (select from pg_catalog.pg_database where "
    "datname = $1)"
};

void tell(const MigrateOptions& options, const std::string& line) {
    if (options.progress) options.progress(line);
}

/// Connects; makes the database when the server is there and only the database is not. Nothing when a dry run
/// found no database.
std::optional<Connection> open_database(const MigrateOptions& options, MigrateReport& report) {
    const std::string name = dsn_value(options.owner_dsn, "dbname");
    try {
        return Connection(options.owner_dsn, kMigrationSession);
    } catch (const PgError&) {
        // A failed connect has no SQLSTATE, and its text depends on the server's language: ask the server
        // instead.
        if (name.empty() || name == "postgres") throw;
    }
    Connection maintenance(dsn_with(options.owner_dsn, "dbname", "postgres"), kMigrationSession);
    const Rows found = maintenance.query(kHasDatabase, Params{}.text(name), Format::text);
    // It is there, so something else is wrong with it: the second attempt says what.
    if (*found.at(0, 1) == "t") return Connection(options.owner_dsn, kMigrationSession);
    report.database_created = true;
    tell(options, fmt::format("{} the database {}", options.dry_run ? "would create" : "creating", name));
    if (options.dry_run) return std::nullopt;
    try {
        maintenance.execute(
            fmt::format("create database {} template template0 encoding 'UTF8'", *found.at(0, 0))
        );
    } catch (const PgError& error) {
        if (error.sqlstate() != "42P04") {  // another caller was faster
            throw MigrateError(fmt::format("cannot create the database {}: {}", name, error.what()));
        }
    }
    return Connection(options.owner_dsn, kMigrationSession);
}

void apply(Connection& connection, const Migration& migration) {
    try {
        Transaction transaction(connection);
        connection.execute(std::string(migration.sql));
        connection.query(
            kRecord, Params{}
                         .int4(migration.number)
                         .text(migration.name)
                         .text(migration.sha256)
                         .int4(migration.compatible_since)
        );
        transaction.commit();
    } catch (const PgError& error) {
        throw MigrateError(fmt::format(
            "migration {} failed and changed nothing: {} [{}]", migration.name, error.what(), error.sqlstate()
        ));
    }
}

/// The partitions that a log has are for ever. Asked before anything is changed.
void check_partitions(Connection& connection, const MigrateOptions& options) {
    if (!options.partitions || !connection.query(kHasLog).boolean(0, 0)) return;
    const Rows found = connection.query(kPartitions);
    if (found.empty() || *options.partitions == found.integer(0, 0)) return;
    throw MigrateError(fmt::format(
        "this log has {} partitions and its realms are spread over them for ever; run without "
        "--partitions {}",
        found.integer(0, 0), *options.partitions
    ));
}

/// The rows every log has: itself and its partitions.
void ensure_partitions(Connection& connection, const MigrateOptions& options, int schema) {
    if (!connection.query(kHasLog).boolean(0, 0)) return;
    const Rows found = connection.query(kPartitions);
    if (found.empty()) {
        const std::uint16_t count = options.partitions.value_or(kPartitionsDefault);
        Transaction transaction(connection);
        connection.query(kAddInstallation, Params{}.int4(count).int4(schema));
        connection.query(kAddPartitions, Params{}.int4(count));
        transaction.commit();
        tell(options, fmt::format("made {} partitions", count));
        return;
    }
    if (found.integer(0, 1) != schema) connection.query(kSetSchema, Params{}.int4(schema));
}

bool knows(std::span<const Migration> known, int number) {
    return std::ranges::find(known, number, &Migration::number) != known.end();
}

}  // namespace

std::vector<AppliedMigration> applied_migrations(Connection& connection) {
    std::vector<AppliedMigration> history;
    const Rows rows = connection.query(kHistory);
    for (std::size_t i = 0; i < rows.size(); ++i) {
        history.push_back(
            {static_cast<int>(rows.integer(i, 0)), std::string(rows.bytes(i, 1)),
             std::string(rows.bytes(i, 2)), static_cast<int>(rows.integer(i, 3))}
        );
    }
    return history;
}

std::vector<std::string> newer_migrations(
    std::span<const AppliedMigration> history, std::span<const Migration> known
) {
    std::vector<std::string> names;
    for (const AppliedMigration& applied : history) {
        if (!knows(known, applied.number)) names.push_back(applied.name);
    }
    return names;
}

std::vector<const Migration*> pending_migrations(
    std::span<const AppliedMigration> history, std::span<const Migration> known
) {
    for (const AppliedMigration& applied : history) {
        const auto same = std::ranges::find(known, applied.number, &Migration::number);
        if (same == known.end()) {
            if (knows(known, applied.compatible_since)) continue;
            throw MigrateError(fmt::format(
                "the database has migration {}, which this binary does not know (its newest is {}): it was "
                "migrated by "
                "a newer annals; run that one",
                applied.name, known.empty() ? "none" : known.back().name
            ));
        }
        if (same->sha256 != applied.sha256) {
            throw MigrateError(fmt::format(
                "migration {} was changed after it was applied (recorded {}, now {}): restore the file and "
                "write a new "
                "migration instead",
                applied.name, applied.sha256.substr(0, 12), same->sha256.substr(0, 12)
            ));
        }
    }
    std::vector<const Migration*> pending;
    for (const Migration& migration : known) {
        if (std::ranges::find(history, migration.number, &AppliedMigration::number) == history.end()) {
            pending.push_back(&migration);
        }
    }
    return pending;
}

MigrateReport migrate(const MigrateOptions& options) {
    MigrateReport report;
    if (options.partitions && (*options.partitions < 1 || *options.partitions > kPartitionsMax)) {
        throw MigrateError(fmt::format("a log has 1 to {} partitions", kPartitionsMax));
    }
    auto connection = open_database(options, report);
    std::vector<AppliedMigration> history;
    if (connection) {
        if (!options.dry_run) {
            connection->execute(
                fmt::format("set lock_timeout = 0; {}; set lock_timeout = {}", kLock, kMigrationLockTimeoutMs)
            );
        }
        check_partitions(*connection, options);
        if (!options.dry_run) ensure_roles(*connection, options.progress);
        if (connection->query(kHasHistory).boolean(0, 0)) history = applied_migrations(*connection);
    }
    const auto pending = pending_migrations(history, options.migrations);
    for (const std::string& name : newer_migrations(history, options.migrations)) {
        tell(options, fmt::format("a newer annals applied {}, beside which this one can work", name));
    }
    for (const auto& applied : history) report.schema = std::max(report.schema, applied.number);
    if (!options.dry_run) connection->execute(kHistoryTable);
    for (const Migration* migration : pending) {
        tell(options, fmt::format("{} {}", options.dry_run ? "would apply" : "applying", migration->name));
        if (!options.dry_run) apply(*connection, *migration);
        report.applied.emplace_back(migration->name);
        report.schema = std::max(report.schema, migration->number);
    }
    if (!options.dry_run) ensure_partitions(*connection, options, report.schema);
    return report;
}

}  // namespace annals::pg
