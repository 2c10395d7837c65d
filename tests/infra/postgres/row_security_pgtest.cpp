#include "tests/support/pg_fixture.hpp"

#include <gtest/gtest.h>

namespace annals {
namespace {

using namespace test;

class RowSecurity : public ::testing::Test {
protected:
    PgDatabase database{PgDatabase::Contents::migrated, 2};
};

// What a catalogue query can tell about isolation. Every row is a finding.
constexpr const char* kLint = R"sql(
with realm_table as (
    select c.oid, c.oid::regclass::text as name, c.relrowsecurity, c.relforcerowsecurity
    from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id'
        and not a.attisdropped
    where c.relkind in ('r', 'p')
        and c.relnamespace not in ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
), finding (rule, name) as (
    select 'role steps over policies', rolname::text from pg_roles
    where rolname in ('annals_api', 'annals_engine') and (rolsuper or rolbypassrls or rolcreaterole
        or exists (select from pg_class where relowner = pg_roles.oid)
        or pg_has_role(oid, 'annals_owner', 'member'))
    union all select 'owner steps over policies', rolname from pg_roles
    where rolname = 'annals_owner' and (rolsuper or rolbypassrls)
    union all select 'api may become engine', 'annals_api'
    where pg_has_role('annals_api', 'annals_engine', 'member')
    union all select 'not enabled and forced', name from realm_table
    where not (relrowsecurity and relforcerowsecurity)
    union all select 'no restrictive policy of the realm', name from realm_table t where not exists (
        select from pg_policy p where p.polrelid = t.oid and not polpermissive and polcmd = '*'
            and polroles @> array['annals_api'::regrole::oid]
            and pg_get_expr(polqual, polrelid) like '%app.tenant%' and polwithcheck is not null)
    union all select 'no permissive policy', name from realm_table t where not exists (
        select from pg_policy p where p.polrelid = t.oid and polpermissive)
    union all select 'policy open to everybody', polrelid::regclass::text from pg_policy
    where 0 = any (polroles)
    union all select 'policy of the api without the realm', polrelid::regclass::text from pg_policy
    where polpermissive and polroles @> array['annals_api'::regrole::oid]
        and coalesce(pg_get_expr(polqual, polrelid), '') not like '%app.tenant%'
    union all select 'view with its owner''s rights', oid::regclass::text from pg_class
    where relkind = 'v'
        and relnamespace not in ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
        and has_table_privilege('annals_api', oid, 'select')
        and not coalesce(reloptions @> '{security_invoker=true}', false)
    union all select 'materialised view', oid::regclass::text from pg_class
    where relkind = 'm' and has_table_privilege('annals_api', oid, 'select')
    union all select 'function with its owner''s rights', oid::regprocedure::text from pg_proc
    where prosecdef and pronamespace <> 'pg_catalog'::regnamespace
        and has_function_privilege('annals_api', oid, 'execute')
    union all select 'function for everybody', oid::regprocedure::text from pg_proc
    where pronamespace not in ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
        and has_function_privilege('annals_api', oid, 'execute')
    union all select 'api may write or more', name from realm_table
    where has_table_privilege('annals_api', oid, 'insert, update, delete, truncate, references, trigger')
    union all select 'key of a query table without tenant_id', t.name || '.' || i.indexrelid::regclass
    from realm_table t join pg_index i on i.indrelid = t.oid and i.indisunique
    where has_table_privilege('annals_api', t.oid, 'select') and not (
        select attnum from pg_attribute where attrelid = t.oid and attname = 'tenant_id')
            = any (i.indkey::smallint[])
    union all select 'foreign key without tenant_id', t.name || '.' || conname
    from realm_table t join pg_constraint k on k.conrelid = t.oid and contype = 'f'
    where not (select attnum from pg_attribute where attrelid = t.oid and attname = 'tenant_id')
            = any (conkey)
    union all select 'role may create', r.rolname || ' in ' || nspname from pg_namespace, pg_roles r
    where r.rolname in ('annals_api', 'annals_engine') and has_schema_privilege(r.oid,
            pg_namespace.oid, 'create') and nspname !~ '^pg_(temp|toast_temp)'
    union all select 'role may make temporary tables', r.rolname::text from pg_roles r
    where r.rolname in ('annals_api', 'annals_engine')
        and has_database_privilege(r.oid, current_database(), 'temporary, create')
    union all select 'api reads beside the query tables', c.oid::regclass::text from pg_class c
    where c.relkind in ('r', 'p', 'v', 'S') and c.relnamespace::regnamespace::text
            not in ('pg_catalog', 'information_schema', 'idn', 'org', 'prj')
        and c.oid::regclass::text not in ('proj.checkpoint', 'annals.annals_migration')
        and has_table_privilege('annals_api', c.oid, 'select')
    union all select 'api enters', nspname::text from pg_namespace
    where nspname in ('log', 'vault') and has_schema_privilege('annals_api', oid, 'usage')
)
select string_agg(rule || ': ' || name, E'\n' order by rule, name) from finding
)sql";

TEST_F(RowSecurity, LintFindsNothing) {
    EXPECT_EQ(database.value(kLint), "");
}

TEST_F(RowSecurity, LintFindsWhatIsPlanted) {
    database.run(
        "create table prj.bare (tenant_id uuid, id uuid primary key);"
        "grant select, insert on prj.bare to annals_api;"
        "create view prj.owners_view as select * from prj.bare; grant select on prj.owners_view to "
        "annals_api;"
        "create materialized view prj.kept as select 1 as one; grant select on prj.kept to annals_api;"
        "create function prj.run() returns int language sql security definer as 'select 1';"
        "grant create on schema prj to annals_api; grant usage on schema log to annals_api;"
        "grant select on log.event to annals_api;"
        "create table prj.open (tenant_id uuid primary key); create policy all_rows on prj.open using (true)"
    );
    const std::string found = database.value(kLint);
    for (const char* rule :
         {"not enabled and forced: prj.bare", "no restrictive policy of the realm: prj.bare",
          "no permissive policy: prj.bare", "policy open to everybody: prj.open",
          "view with its owner's rights: prj.owners_view", "materialised view: prj.kept",
          "function with its owner's rights: prj.run()", "function for everybody: prj.run()",
          "api may write or more: prj.bare", "key of a query table without tenant_id: prj.bare.prj.bare_pkey",
          "role may create: annals_api in prj", "api reads beside the query tables: log.event",
          "api enters: log"}) {
        EXPECT_NE(found.find(rule), std::string::npos) << rule << "\nfound:\n" << found;
    }
}

void expect_refused(pg::Connection& connection, const std::string& sql, const char* sqlstate) {
    try {
        connection.execute(sql);
        ADD_FAILURE() << "was not refused: " << sql;
    } catch (const pg::PgError& error) {
        EXPECT_EQ(error.sqlstate(), sqlstate) << sql << ": " << error.what();
    }
}

TEST_F(RowSecurity, TheApiCannotReachTheLogOrTheVault) {
    pg::Connection api(database.api_dsn(), pg::kQuerySession);
    for (const char* table :
         {"log.event", "log.command", "log.reservation", "log.counter", "log.subject_key", "log.partition",
          "log.installation", "vault.credential", "proj.parked", "proj.lease"}) {
        expect_refused(api, std::string("select * from ") + table, "42501");
    }
}

TEST_F(RowSecurity, AQueryWithoutARealmIsAnErrorOnEveryQueryTable) {
    database.run("set role annals_owner; create table prj.row_sample (tenant_id uuid primary key)");
    database.run("select proj.protect('prj.row_sample'); reset role");
    pg::Connection engine(database.engine_dsn(), pg::kProjectorSession);
    // A policy is looked at for rows only, and a subject table may be empty.
    engine.execute("insert into prj.row_sample values (gen_random_uuid())");
    pg::Connection api(database.api_dsn(), pg::kQuerySession);
    expect_refused(api, "select * from prj.row_sample", "42704");
    expect_refused(api, "select set_config('app.tenant', '', false); select * from prj.row_sample", "22P02");
    EXPECT_EQ(engine.execute("select * from prj.row_sample").size(), 1U);
}

TEST_F(RowSecurity, ProtectRefusesATableWithoutARealm) {
    database.run("create table prj.no_realm (id int)");
    EXPECT_THROW(database.run("select proj.protect('prj.no_realm')"), pg::PgError);
}

TEST_F(RowSecurity, EventsAndCommandsAreAppendOnlyForEverybody) {
    pg::Connection owner(database.owner_dsn(), pg::kMigrationSession);
    pg::Connection engine(database.engine_dsn(), pg::kWriterSession);
    for (const std::string table : {"log.event", "log.command"}) {
        for (const std::string& sql :
             {"update " + table + " set tenant_id = tenant_id", "delete from " + table, "truncate " + table
             }) {
            expect_refused(engine, sql, "42501");
            expect_refused(owner, sql, "AN001");
        }
    }
    for (const char* sql :
         {"delete from log.partition", "update log.partition set epoch = 2",
          "insert into log.partition values (9)", "delete from log.counter",
          "update log.subject_key set tenant_id = tenant_id", "truncate log.reservation",
          "alter table log.event disable trigger append_only", "drop table log.event",
          "create table log.own (i int)", "update log.installation set partitions = 1",
          "insert into log.epoch values (0, 2, 0, now(), 'mine')", "set role annals_owner"}) {
        expect_refused(engine, sql, "42501");
    }
}

}  // namespace
}  // namespace annals
