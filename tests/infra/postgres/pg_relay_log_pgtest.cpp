#include "infra/postgres/pg_event_store.hpp"
#include "infra/postgres/pg_relay_log.hpp"
#include "tests/infra/postgres/append_samples.hpp"
#include "tests/support/pg_fixture.hpp"

#include <gtest/gtest.h>

namespace annals {
namespace {

using namespace test;

class PgRelayLog : public ::testing::Test {
protected:
    PgDatabase database{PgDatabase::Contents::migrated, 2};
    std::unique_ptr<kafka::RelayLog> log = pg::make_pg_relay_log(database.engine_dsn());
};

TEST_F(PgRelayLog, OneSessionLeadsAGroupUntilItEnds) {
    auto other = pg::make_pg_relay_log(database.engine_dsn());
    EXPECT_TRUE(log->acquire_leadership("all"));
    EXPECT_TRUE(log->acquire_leadership("all")) << "repeating it is no harm";
    EXPECT_FALSE(other->acquire_leadership("all"));
    EXPECT_TRUE(other->acquire_leadership("another group"));
    log.reset();
    EXPECT_TRUE(becomes_true(
        database,
        "select count(*) = 1 from pg_stat_activity where datname = current_database() and "
        "application_name = 'annals-relay'"
    ));
    EXPECT_TRUE(other->acquire_leadership("all"));
}

TEST_F(PgRelayLog, ALostSessionIsNotReplacedBehindTheRelaysBack) {
    EXPECT_THROW(log->end(), pg::PgError) << "there is no session before leadership was asked for";
    ASSERT_TRUE(log->acquire_leadership("all"));
    EXPECT_EQ(log->end().heads, (std::vector<std::uint64_t>{0, 0}));
    database.run(
        "select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = current_database() and "
        "application_name = 'annals-relay'"
    );
    EXPECT_THROW(log->end(), pg::PgError);
    EXPECT_THROW(log->end(), pg::PgError);
    EXPECT_THROW(log->read(0, 0, 10, 1000), pg::PgError);
    EXPECT_TRUE(log->acquire_leadership("all"));
    EXPECT_EQ(log->end().heads.size(), 2U);
}

TEST_F(PgRelayLog, ReadsInOrderWithinItsLimits) {
    auto store = pg::make_pg_event_store(database.engine_dsn());
    AppendBatch batch = expecting({{0, 0}, {1, 0}});
    for (std::uint64_t i = 0; i < 10; ++i) add_event(batch, 0, 100 + i).line = std::string(100, 'x');
    batch.events[1].line = R"({"id":"1","traceparent":"00-abc-01","data":{}})";
    batch.events[2].line = R"({"id":"1","data":{"traceparent":"not the request's"}})";
    add_event(batch, 1, 200);
    ASSERT_EQ(store->append(batch), AppendOutcome::written);

    ASSERT_TRUE(log->acquire_leadership("all"));
    EXPECT_EQ(log->end().heads, (std::vector<std::uint64_t>{10, 1}));
    const auto all = log->read(0, 0, 100, 1'000'000);
    ASSERT_EQ(all.size(), 10U);
    EXPECT_EQ(all[0].position, 1U);
    EXPECT_EQ(all[0].stream_id, uuid_of(100));
    EXPECT_EQ(all[0].tenant_id, uuid_of(100));
    EXPECT_EQ(all[0].event_id, uuid_of(100));
    EXPECT_EQ(all[0].type, "prj.TaskCreated");
    EXPECT_EQ(all[0].line, std::string(100, 'x'));
    EXPECT_EQ(all[0].traceparent, "");
    EXPECT_EQ(all[1].traceparent, "00-abc-01");
    EXPECT_EQ(all[2].traceparent, "");
    EXPECT_EQ(log->read(0, 4, 3, 1'000'000).size(), 3U);
    EXPECT_EQ(log->read(0, 4, 3, 1'000'000)[0].position, 5U);
    EXPECT_EQ(log->read(0, 4, 100, 250).size(), 3U) << "the third line reaches the limit";
    EXPECT_EQ(log->read(0, 4, 100, 1).size(), 1U) << "at least one";
    EXPECT_TRUE(log->read(0, 10, 100, 1000).empty());
    EXPECT_EQ(log->read(1, 0, 100, 1000).size(), 1U);
    database.run("alter table log.event disable trigger all");
    database.run("delete from log.event where partition = 0 and position = 2");
    const auto damaged = log->read(0, 0, 100, 1'000'000);
    ASSERT_EQ(damaged.size(), 9U) << "the caller finds the gap";
    EXPECT_EQ(damaged[1].position, 3U);
}

}  // namespace
}  // namespace annals
