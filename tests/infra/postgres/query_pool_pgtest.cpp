#include "infra/postgres/query_pool.hpp"
#include "tests/infra/postgres/append_samples.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/pg_fixture.hpp"

#include <atomic>
#include <future>
#include <gtest/gtest.h>
#include <latch>
#include <thread>

namespace annals {
namespace {

using namespace test;

constexpr pg::Statement kNames{"test_names", "select name, note from prj.pool_sample order by name"};
constexpr pg::Statement kSetting{"test_setting", "select current_setting('app.tenant', true)"};

const TenantId kAcme{uuid_of(1)};
const TenantId kGlobex{uuid_of(2)};

class QueryPool : public ::testing::Test {
protected:
    QueryPool() {
        database.run(
            "begin; set role annals_owner;"
            "create table prj.pool_sample (tenant_id uuid, name text, note text, primary key (tenant_id, "
            "name));"
            "select proj.protect('prj.pool_sample'); commit; reset role"
        );
        pg::Connection engine(database.engine_dsn(), pg::kProjectorSession);
        constexpr pg::Statement kInsert{"insert", "insert into prj.pool_sample values ($1, $2, $3)"};
        engine.query(kInsert, pg::Params{}.uuid(kAcme).text("a").null());
        engine.query(kInsert, pg::Params{}.uuid(kAcme).text("b").text("n\xC3\xB6te"));
        engine.query(kInsert, pg::Params{}.uuid(kGlobex).text("c").null());
    }

    PgDatabase database{PgDatabase::Contents::migrated, 1};
};

TEST_F(QueryPool, ReadsTheRowsOfOneRealmAsText) {
    pg::QueryPool pool(database.api_dsn());
    const pg::Rows rows = pool.run(kAcme, kNames);
    ASSERT_EQ(rows.size(), 2U);
    EXPECT_EQ(rows.columns(), 2U);
    EXPECT_EQ(rows.at(0, 0), "a");
    EXPECT_EQ(rows.at(0, 1), std::nullopt);
    EXPECT_EQ(rows.at(1, 1), "n\xC3\xB6te");
    EXPECT_EQ(pool.run(kGlobex, kNames).at(0, 0), "c");
    EXPECT_TRUE(pool.run(TenantId{uuid_of(3)}, kNames).empty());
}

TEST_F(QueryPool, TheRealmIsSetForTheStatementAndGoneAfterwards) {
    pg::QueryPool pool(database.api_dsn(), 1);
    EXPECT_EQ(pool.run(kAcme, kSetting).at(0, 0), kAcme.to_string());
    EXPECT_EQ(pool.run(kGlobex, kSetting).at(0, 0), kGlobex.to_string());

    // The same on a connection of our own, where we can look after the pipeline.
    pg::Connection api(database.api_dsn(), pg::kQuerySession);
    constexpr pg::Statement kSet{"test_set", "select set_config('app.tenant', $1, true)"};
    const pg::Params tenant = pg::Params{}.text(kAcme.to_string());
    const pg::Params none;
    const auto rows = api.pipeline(
        std::array{pg::Call{&kSet, &tenant, pg::Format::text}, pg::Call{&kSetting, &none, pg::Format::text}}
    );
    EXPECT_EQ(rows.at(1).at(0, 0), kAcme.to_string());
    EXPECT_EQ(api.query(kSetting, {}, pg::Format::text).at(0, 0), "");
    EXPECT_THROW(api.query(kNames), pg::PgError) << "an empty realm is an error, not every row";
}

TEST_F(QueryPool, AFailedQueryLeavesTheConnectionUsableAndWithoutARealm) {
    pg::QueryPool pool(database.api_dsn(), 1);
    constexpr pg::Statement kBroken{"test_broken", "select 1 / (length(name) - 1) from prj.pool_sample"};
    for (int i = 0; i < 3; ++i) {
        EXPECT_THROW(pool.run(kAcme, kBroken), pg::PgError);
        EXPECT_EQ(pool.run(kAcme, kNames).size(), 2U);
    }
    constexpr pg::Statement kMissing{"test_missing", "select * from prj.nothing"};
    try {
        pool.run(kAcme, kMissing);
        FAIL() << "a missing table is an error";
    } catch (const pg::PgError& error) {
        EXPECT_EQ(error.kind(), pg::ErrorKind::missing_object);
    }
    EXPECT_EQ(pool.stats().open, 1U);
}

TEST_F(QueryPool, ServesTheQueryPortWithTextParametersAndUnnamedStatements) {
    pg::QueryPool pool(database.api_dsn(), 1);
    QueryReader& reader = pool;
    for (const char* name : {"test_port", ""}) {
        const Statement statement{name, "select note from prj.pool_sample where name = $1 or name = $2"};
        for (int i = 0; i < 2; ++i) {
            const auto result = reader.query(kAcme, statement, std::vector<QueryParam>{"b", std::nullopt});
            ASSERT_EQ(result->rows(), 1U);
            EXPECT_EQ(result->cell(0, 0), "n\xC3\xB6te");
        }
    }
    const auto other = reader.query(kAcme, {"", "select count(*) from prj.pool_sample"}, {});
    EXPECT_EQ(other->cell(0, 0), "2");
}

TEST_F(QueryPool, CannotWrite) {
    pg::QueryPool pool(database.api_dsn());
    for (const char* sql :
         {"insert into prj.pool_sample values (current_setting('app.tenant')::uuid, 'x', null) returning 1",
          "update prj.pool_sample set note = '' returning 1", "delete from prj.pool_sample returning 1"}) {
        EXPECT_THROW(pool.run(kAcme, {"", sql}), pg::PgError) << sql;
    }
}

TEST_F(QueryPool, IsExhaustedAfterABoundedWait) {
    pg::QueryPool pool(database.api_dsn(), 2);
    pg::Connection holder(database.owner_dsn(), pg::kMigrationSession);
    holder.execute("select pg_advisory_lock(77)");
    // Without a lock timeout the queries keep their connections until we let them go.
    constexpr pg::Statement kBlocked{
        "test_blocked",
        "select set_config('lock_timeout', '0', true), pg_advisory_lock_shared(77), "
        "pg_advisory_unlock_shared(77)"
    };
    std::vector<std::future<std::size_t>> blocked;
    for (int i = 0; i < 2; ++i) {
        blocked.push_back(std::async(std::launch::async, [&] { return pool.run(kAcme, kBlocked).size(); }));
    }
    ASSERT_TRUE(becomes_true(
        database,
        "select count(*) = 2 from pg_stat_activity where datname = current_database() and "
        "application_name = 'annals-query' and wait_event_type = 'Lock'"
    ));
    EXPECT_THROW(pool.run(kAcme, kNames), pg::PoolExhausted);
    EXPECT_EQ(pool.stats().exhausted, 1U);
    EXPECT_EQ(pool.stats().busy, 2U);
    holder.execute("select pg_advisory_unlock(77)");
    for (auto& one : blocked) EXPECT_EQ(one.get(), 1U);
    EXPECT_EQ(pool.run(kAcme, kNames).size(), 2U);
}

TEST_F(QueryPool, ReplacesConnectionsThatPostgresClosed) {
    pg::QueryPool pool(database.api_dsn(), 1);
    ASSERT_EQ(pool.run(kAcme, kNames).size(), 2U);
    database.run(
        "select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = current_database() and "
        "application_name = 'annals-query'"
    );
    EXPECT_EQ(pool.run(kAcme, kNames).size(), 2U);
}

TEST_F(QueryPool, ThreadsOfDifferentRealmsNeverSeeEachOther) {
    pg::QueryPool pool(database.api_dsn(), 2);
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&, t] {
            const bool acme = t % 2 == 0;
            for (int i = 0; i < 300; ++i) {
                const pg::Rows rows = pool.run(acme ? kAcme : kGlobex, kNames);
                ASSERT_EQ(rows.size(), acme ? 2U : 1U);
                ASSERT_EQ(rows.at(0, 0), acme ? "a" : "c");
            }
        });
    }
}

/// Several threads' short reads that wait for one round trip to end. Its first read waits for the lock 77.
class QueryPoolSharedReads : public QueryPool {
protected:
    static constexpr pg::Statement kByName{
        "test_by_name", "select note from prj.pool_sample where name = $1"
    };
    static constexpr pg::Statement kBlocked{
        "test_shared_blocked",
        "select set_config('lock_timeout', '0', true), pg_advisory_lock_shared(77), "
        "pg_advisory_unlock_shared(77)"
    };

    void block() {
        holder.execute("select pg_advisory_lock(77)");
        first = std::async(std::launch::async, [&] { return pool.run_shared(kAcme, kBlocked, {}).size(); });
        ASSERT_TRUE(becomes_true(
            database,
            "select count(*) = 1 from pg_stat_activity where datname = current_database() and "
            "application_name = 'annals-query' and wait_event_type = 'Lock'"
        ));
    }
    void release(std::size_t waiting) {
        ASSERT_TRUE(eventually([&] { return pool.stats().waiting == waiting; }));
        holder.execute("select pg_advisory_unlock(77)");
        EXPECT_EQ(1U, first.get());
    }

    pg::Connection holder{database.owner_dsn(), pg::kMigrationSession};
    // With one connection one group at a time is under way, whatever the machine.
    pg::QueryPool pool{database.api_dsn(), 1};
    std::future<std::size_t> first;
};

TEST_F(QueryPoolSharedReads, OneRoundTripReadsEachRealmsRowsForIt) {
    block();
    std::vector<std::future<std::size_t>> found;
    for (int i = 0; i < 12; ++i) {
        const auto read = [this, acme = i % 2 == 0, name = i % 4 < 2 ? "a" : "c"] {
            return pool.run_shared(acme ? kAcme : kGlobex, kByName, pg::Params{}.text(name)).size();
        };
        found.push_back(std::async(std::launch::async, read));
    }
    release(found.size());
    for (int i = 0; i < 12; ++i) {
        const bool own = (i % 2 == 0) == (i % 4 < 2);
        EXPECT_EQ(own ? 1U : 0U, found[static_cast<std::size_t>(i)].get()) << i;
    }
}

TEST_F(QueryPoolSharedReads, AReadThatFailsFailsAlone) {
    block();
    constexpr pg::Statement kBroken{"test_shared_broken", "select 1 / (length($1) - 1)"};
    std::vector<std::future<std::size_t>> found;
    for (int i = 0; i < 6; ++i) {
        const auto read = [this, &statement = i == 2 ? kBroken : kByName] {
            return pool.run_shared(kAcme, statement, pg::Params{}.text("a")).size();
        };
        found.push_back(std::async(std::launch::async, read));
    }
    release(found.size());
    for (std::size_t i = 0; i < found.size(); ++i) {
        if (i == 2) {
            EXPECT_THROW(found[i].get(), pg::PgError);
        } else {
            EXPECT_EQ(1U, found[i].get()) << i;
        }
    }
    EXPECT_EQ(2U, pool.run(kAcme, kNames).size());
}

TEST_F(QueryPoolSharedReads, GoOnWhenPostgresClosesTheirConnections) {
    std::atomic<bool> ended{false};
    std::atomic<std::size_t> done{0};
    std::atomic<std::size_t> failed{0};
    {
        std::vector<std::jthread> threads;
        for (int t = 0; t < 6; ++t) {
            threads.emplace_back([&] {
                while (!ended) {
                    try {
                        if (pool.run_shared(kAcme, kByName, pg::Params{}.text("b")).size() == 1) ++done;
                    } catch (const pg::PgError&) {
                        ++failed;
                    }
                }
            });
        }
        for (int i = 0; i < 5; ++i) {
            const std::size_t before = done;
            EXPECT_TRUE(eventually([&] { return done > before + 200; }));
            database.run(
                "select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = "
                "current_database() and application_name = 'annals-query'"
            );
        }
        ended = true;
    }
    EXPECT_EQ(0U, failed);
}

}  // namespace
}  // namespace annals
