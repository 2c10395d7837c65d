#include "infra/postgres/dsn.hpp"
#include "infra/postgres/migrate.hpp"
#include "infra/postgres/schema_check.hpp"
#include "infra/runtime/config_error.hpp"
#include "infra/runtime/log.hpp"
#include "tests/support/pg_fixture.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <thread>
#include <unistd.h>

namespace annals {
namespace {

using namespace test;
using pg::MigrateError;
using pg::Migration;
using runtime::ConfigError;
using ::testing::HasSubstr;

template <class Error, class Call>
std::string message_of(Call call) {
    try {
        call();
    } catch (const Error& error) {
        return error.what();
    }
    return "nothing was thrown";
}

/// This binary's migrations and some more.
std::vector<Migration> with(std::initializer_list<Migration> more) {
    std::vector<Migration> all(pg::embedded_migrations().begin(), pg::embedded_migrations().end());
    all.insert(all.end(), more);
    return all;
}

TEST(Migrate, MakesTheSchemaOnceAndThenNothing) {
    PgDatabase database(PgDatabase::Contents::none);
    const auto first = pg::migrate({.owner_dsn = database.owner_dsn(), .partitions = 4});
    EXPECT_EQ(first.applied.size(), pg::embedded_migrations().size());
    EXPECT_EQ(first.schema, pg::embedded_migrations().back().number);
    EXPECT_EQ(database.value("select count(*) || ' ' || max(partition) from log.partition"), "4 3");
    const std::string log_id = database.value("select log_id from log.installation");
    const auto second = pg::migrate({.owner_dsn = database.owner_dsn()});
    EXPECT_TRUE(second.applied.empty());
    EXPECT_EQ(second.schema, first.schema);
    EXPECT_EQ(database.value("select log_id from log.installation"), log_id);
    EXPECT_EQ(
        database.value(
            "select count(*) from pg_class where relnamespace::regnamespace::text in "
            "('log', 'vault', 'proj', 'idn', 'org', 'prj', 'annals') and relkind in ('r', 'p') and "
            "relowner <> 'annals_owner'::regrole"
        ),
        "0"
    );
}

TEST(Migrate, MakesAMissingDatabase) {
    const std::string name = fmt::format("annals_test_{}_missing", ::getpid());
    const std::string dsn = pg::dsn_with(test_cluster_dsn(), "dbname", name);
    const auto dry = pg::migrate({.owner_dsn = dsn, .dry_run = true});
    EXPECT_TRUE(dry.database_created);
    EXPECT_EQ(dry.applied.size(), pg::embedded_migrations().size());
    EXPECT_THROW(pg::Connection(dsn, pg::kMigrationSession), pg::PgError) << "a dry run makes nothing";
    EXPECT_TRUE(pg::migrate({.owner_dsn = dsn}).database_created);
    EXPECT_EQ(pg::log_partitions(dsn), 8);
    EXPECT_FALSE(pg::migrate({.owner_dsn = dsn}).database_created);
    pg::Connection(test_cluster_dsn(), pg::kMigrationSession).execute("drop database " + name);
}

TEST(Migrate, DryRunTellsAndChangesNothing) {
    PgDatabase database(PgDatabase::Contents::none);
    std::vector<std::string> told;
    const auto report = pg::migrate(
        {.owner_dsn = database.owner_dsn(),
         .dry_run = true,
         .progress = [&](const std::string& line) { told.push_back(line); }}
    );
    EXPECT_EQ(report.applied.front(), "0001_log_event_store");
    EXPECT_EQ(told.front(), "would apply 0001_log_event_store");
    EXPECT_EQ(database.value("select count(*) from pg_namespace where nspname in ('log', 'annals')"), "0");
}

TEST(Migrate, RefusesAChangedMigration) {
    PgDatabase database;
    std::vector<Migration> changed = with({});
    changed[0].sha256 = "1111111111111111111111111111111111111111111111111111111111111111";
    EXPECT_THAT(
        message_of<MigrateError>([&] {
            pg::migrate({.owner_dsn = database.owner_dsn(), .migrations = changed});
        }),
        HasSubstr("0001_log_event_store was changed after it was applied")
    );
}

TEST(Migrate, RefusesASchemaThatANewerBinaryMade) {
    PgDatabase database;
    const auto newer = with({{9901, "9901_prj_later", "sha", "create table prj.later (i int)"}});
    pg::migrate({.owner_dsn = database.owner_dsn(), .migrations = newer});
    EXPECT_EQ(database.value("select schema from log.installation"), "9901");
    EXPECT_THAT(
        message_of<MigrateError>([&] { pg::migrate({.owner_dsn = database.owner_dsn()}); }),
        HasSubstr("9901_prj_later, which this binary does not know")
    );
    EXPECT_THAT(
        message_of<ConfigError>([&] { pg::check_database(database.engine_dsn(), pg::ServerRole::engine); }),
        HasSubstr("migrated by a newer annals")
    );
}

TEST(Migrate, WorksBesideANewerSchemaThatSaysSo) {
    PgDatabase database;
    const int mine = pg::embedded_migrations().back().number;
    const auto newer = with({{9904, "9904_prj_added", "sha", "create table prj.added (i int)", mine}});
    pg::migrate({.owner_dsn = database.owner_dsn(), .migrations = newer});
    std::vector<std::string> told;
    const auto again =
        pg::migrate({.owner_dsn = database.owner_dsn(), .progress = [&](const std::string& line) {
                         told.push_back(line);
                     }});
    EXPECT_TRUE(again.applied.empty());
    EXPECT_EQ(again.schema, 9904) << "the older binary does not take the schema back";
    EXPECT_EQ(
        told,
        std::vector<std::string>{"a newer annals applied 9904_prj_added, beside which this one can work"}
    );
    runtime::LogCapture log;
    EXPECT_NO_THROW(pg::check_database(database.engine_dsn(), pg::ServerRole::engine));
    EXPECT_THAT(log.lines(), ::testing::ElementsAre(HasSubstr("9904_prj_added")));
}

TEST(Migrate, RefusesANewerSchemaThatNeedsWhatThisBinaryDoesNotKnow) {
    PgDatabase database;
    // Both are additions, but the second one only for binaries that know the first.
    const auto newer = with(
        {{9905, "9905_prj_first", "sha", "create table prj.first (i int)", 401},
         {9906, "9906_prj_second", "sha", "create table prj.second (i int)", 9905}}
    );
    pg::migrate({.owner_dsn = database.owner_dsn(), .migrations = newer});
    EXPECT_THAT(
        message_of<ConfigError>([&] { pg::check_database(database.engine_dsn(), pg::ServerRole::engine); }),
        HasSubstr("9906_prj_second, which this binary does not know")
    );
}

TEST(Migrate, ReadsAHistoryOfBeforeCompatibilityWasKept) {
    PgDatabase database;
    database.run("alter table annals.annals_migration drop column compatible_since");
    EXPECT_NO_THROW(pg::check_database(database.engine_dsn(), pg::ServerRole::engine));
    EXPECT_TRUE(pg::migrate({.owner_dsn = database.owner_dsn(), .dry_run = true}).applied.empty());
    EXPECT_TRUE(pg::migrate({.owner_dsn = database.owner_dsn()}).applied.empty());
    EXPECT_EQ(database.value("select count(compatible_since) from annals.annals_migration"), "0");
}

TEST(Migrate, AFailingMigrationLeavesNothingAndCanBeMended) {
    PgDatabase database;
    const auto bad = with({{9902, "9902_prj_bad", "sha", "create table prj.half (i int); select 1 / 0"}});
    EXPECT_THAT(
        message_of<MigrateError>([&] { pg::migrate({.owner_dsn = database.owner_dsn(), .migrations = bad}); }
        ),
        HasSubstr("migration 9902_prj_bad failed and changed nothing: division by zero")
    );
    EXPECT_EQ(database.value("select to_regclass('prj.half') is null"), "t");
    const auto good = with({{9902, "9902_prj_bad", "sha2", "create table prj.half (i int)"}});
    EXPECT_EQ(pg::migrate({.owner_dsn = database.owner_dsn(), .migrations = good}).applied.size(), 1U);
}

TEST(Migrate, KeepsTheNumberOfPartitions) {
    PgDatabase database(PgDatabase::Contents::migrated, 3);
    const auto more = with({{9903, "9903_prj_more", "sha", "create table prj.more (i int)"}});
    EXPECT_THAT(
        message_of<MigrateError>([&] {
            pg::migrate({.owner_dsn = database.owner_dsn(), .partitions = 8, .migrations = more});
        }),
        HasSubstr("this log has 3 partitions")
    );
    EXPECT_EQ(database.value("select to_regclass('prj.more') is null"), "t") << "nothing was changed";
    pg::migrate({.owner_dsn = database.owner_dsn(), .partitions = 3});
    EXPECT_EQ(pg::log_partitions(database.engine_dsn()), 3);
}

TEST(Migrate, TheOwnerRoleCanDoLaterOnesByItself) {
    PgDatabase database;
    const auto later = with({{9903, "9903_prj_later", "sha", "create table prj.later (i int)"}});
    EXPECT_EQ(
        pg::migrate({.owner_dsn = database.dsn_of("annals_owner"), .migrations = later}).applied.size(), 1U
    );
    EXPECT_THROW(pg::migrate({.owner_dsn = database.engine_dsn()}), MigrateError);
}

TEST(Migrate, SeveralAtOnceWaitForEachOther) {
    PgDatabase database(PgDatabase::Contents::none);
    std::vector<std::jthread> threads;
    std::atomic<std::size_t> applied{0};
    for (int i = 0; i < 3; ++i) {
        threads.emplace_back([&] {
            applied += pg::migrate({.owner_dsn = database.owner_dsn()}).applied.size();
        });
    }
    threads.clear();
    EXPECT_EQ(applied, pg::embedded_migrations().size());
}

TEST(SchemaCheck, AcceptsTheServersRolesOnly) {
    PgDatabase database;
    using pg::ServerRole;
    EXPECT_NO_THROW(pg::check_database(database.engine_dsn(), ServerRole::engine));
    EXPECT_NO_THROW(pg::check_database(database.api_dsn(), ServerRole::api));
    const auto refused = [](const std::string& dsn, ServerRole role) {
        return message_of<ConfigError>([&] { pg::check_database(dsn, role); });
    };
    EXPECT_THAT(refused(database.owner_dsn(), ServerRole::engine), HasSubstr("is a superuser"));
    EXPECT_THAT(refused(database.dsn_of("annals_owner"), ServerRole::engine), HasSubstr("owns tables"));
    EXPECT_THAT(
        refused(database.engine_dsn(), ServerRole::api), HasSubstr("may see the rows of every realm")
    );
}

TEST(SchemaCheck, RefusesADatabaseThatIsNotMigratedOrTooOld) {
    PgDatabase empty(PgDatabase::Contents::none);
    const auto refused = [](const std::string& dsn) {
        return message_of<ConfigError>([&] { pg::check_database(dsn, pg::ServerRole::engine); });
    };
    EXPECT_THAT(refused(empty.engine_dsn()), HasSubstr("run `annals migrate`"));
    PgDatabase older;
    older.run("delete from annals.annals_migration where number = 2");
    EXPECT_THAT(
        refused(older.engine_dsn()), HasSubstr("older than this binary (0002_proj_progress is missing)")
    );
}

TEST(SchemaCheck, RefusesASessionThatMayLoseCommits) {
    PgDatabase database;
    database.run(fmt::format("alter database {} set synchronous_commit = off", database.name()));
    EXPECT_THAT(
        message_of<ConfigError>([&] { pg::check_database(database.engine_dsn(), pg::ServerRole::engine); }),
        HasSubstr("synchronous_commit = off")
    );
}

TEST(SchemaCheck, SaysThatTheServerCannotBeReached) {
    EXPECT_THROW(
        pg::check_database("host=127.0.0.1 port=1 user=annals_engine dbname=none", pg::ServerRole::engine),
        pg::PgError
    );
}

}  // namespace
}  // namespace annals
