#include "infra/postgres/roles.hpp"

#include "infra/postgres/migrate.hpp"

#include <fmt/format.h>

namespace annals::pg {

namespace {

constexpr Statement kRole{"role", "select 1 from pg_catalog.pg_roles where rolname = $1"};
constexpr Statement kMayBecome{
    "role_may_become", "select pg_catalog.pg_has_role(current_user, $1::name, 'member')"
};
constexpr Statement kMayCreate{
    "role_may_create", "select pg_catalog.has_database_privilege($1::name, current_database(), 'create')"
};
constexpr Statement kPublicTemp{
    "role_public_temp",
    "select pg_catalog.has_database_privilege('public', current_database(), 'temporary'), "
    "  pg_catalog.quote_ident(current_database()), pg_catalog.quote_ident(session_user)"
};

bool is_true(Connection& connection, const Statement& statement, std::string_view role) {
    return connection.query(statement, Params{}.text(role)).boolean(0, 0);
}

/// Two callers in different databases of one cluster may make the same role at the same time; one finds it
/// there.
void create_role(Connection& connection, const char* role) {
    try {
        connection.execute(fmt::format(
            "create role {} login nosuperuser nobypassrls nocreaterole nocreatedb noinherit", role
        ));
    } catch (const PgError& error) {
        if (error.sqlstate() == "42710" || error.kind() == ErrorKind::unique_violation) return;
        if (error.kind() != ErrorKind::refused) throw;
        throw MigrateError(fmt::format(
            "the role {0} is missing and this user may not create it; run `annals migrate` once as a "
            "superuser, or as "
            "one: CREATE ROLE {1} LOGIN; CREATE ROLE {2} LOGIN; CREATE ROLE {3} LOGIN;",
            role, kOwnerRole, kEngineRole, kApiRole
        ));
    }
}

void run_or_explain(Connection& connection, const std::string& sql) {
    try {
        connection.execute(sql);
    } catch (const PgError& error) {
        if (error.disconnected()) throw;
        throw MigrateError(
            fmt::format("{}; run `annals migrate` once as a superuser, or as one: {}", error.what(), sql)
        );
    }
}

}  // namespace

void ensure_roles(Connection& connection, const std::function<void(const std::string&)>& progress) {
    for (const char* role : {kOwnerRole, kEngineRole, kApiRole}) {
        if (!connection.query(kRole, Params{}.text(role)).empty()) continue;
        create_role(connection, role);
        if (progress) progress(fmt::format("created the role {}", role));
    }
    const Rows database = connection.query(kPublicTemp, {}, Format::text);
    const std::string name(*database.at(0, 1));
    if (!is_true(connection, kMayBecome, kOwnerRole)) {
        run_or_explain(connection, fmt::format("grant {} to {}", kOwnerRole, *database.at(0, 2)));
    }
    if (!is_true(connection, kMayCreate, kOwnerRole)) {
        run_or_explain(connection, fmt::format("grant create on database {} to {}", name, kOwnerRole));
    }
    // Temporary tables are a place of their own for whoever breaks into a query session.
    if (*database.at(0, 0) == "t") {
        run_or_explain(connection, fmt::format("revoke temporary on database {} from public", name));
    }
    run_or_explain(connection, fmt::format("set role {}", kOwnerRole));
}

}  // namespace annals::pg
