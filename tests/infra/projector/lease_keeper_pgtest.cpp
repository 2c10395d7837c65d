#include "infra/postgres/connection.hpp"
#include "infra/postgres/partition_leases.hpp"
#include "infra/projector/lease_keeper.hpp"
#include "tests/support/kafka/kafka_support.hpp"
#include "tests/support/pg_fixture.hpp"

#include <gtest/gtest.h>

namespace annals::projector {
namespace {

using namespace test;
using namespace std::chrono_literals;
using std::chrono::steady_clock;

constexpr std::uint16_t kPartitions = 8;

class LeaseKeeperOnPostgres : public ::testing::Test {
protected:
    std::unique_ptr<LeaseKeeper> start(const std::string& member) {
        auto keeper = std::make_unique<LeaseKeeper>(database.engine_dsn(), member);
        // Gives up at once whatever is too much, as a service does between two batches.
        keeper->start([keeper = keeper.get()] { keeper->given_up(keeper->held().give_up); });
        return keeper;
    }
    static bool holds(const LeaseKeeper& keeper, std::size_t partitions) {
        return kafka::test::eventually([&] { return keeper.held().leases.size() == partitions; });
    }
    std::string epochs() {
        return database.value("select string_agg(epoch::text, ' ' order by partition) from proj.lease");
    }
    /// A process that was killed: it lived a moment ago, and says nothing more.
    void leave_behind(const std::string& member) {
        pg::PartitionLeases leases(database.engine_dsn(), member);
        const pg::LeaseView view = leases.beat({});
        ASSERT_EQ(leases.take(view.leases, {}).size(), kPartitions);
    }

    PgDatabase database{PgDatabase::Contents::migrated, kPartitions};
};

TEST_F(LeaseKeeperOnPostgres, SpreadsEvenlyOverOneTwoAndThreeAndBack) {
    const auto a = start("a");
    ASSERT_TRUE(holds(*a, 8));
    EXPECT_EQ(epochs(), "1 1 1 1 1 1 1 1");
    const auto b = start("b");
    ASSERT_TRUE(holds(*a, 4) && holds(*b, 4));
    EXPECT_EQ(epochs(), "1 1 1 1 2 2 2 2");
    const auto c = start("c");
    ASSERT_TRUE(holds(*c, 2) && holds(*a, 3) && holds(*b, 3));
    EXPECT_EQ(epochs(), "1 1 1 2 2 2 2 3");
    b->stop();
    ASSERT_TRUE(holds(*a, 4) && holds(*c, 4));
    a->stop();
    ASSERT_TRUE(holds(*c, 8));
    c->stop();
    EXPECT_EQ(database.value("select count(*) from proj.lease where owner is not null"), "0");
    EXPECT_EQ(database.value("select count(*) from proj.member"), "0");
}

TEST_F(LeaseKeeperOnPostgres, TakesOverAtOnceWhatACleanStopLeaves) {
    const auto a = start("a");
    ASSERT_TRUE(holds(*a, 8));
    const auto b = start("b");
    ASSERT_TRUE(holds(*b, 4));
    const auto asked = steady_clock::now();
    a->stop();
    ASSERT_TRUE(holds(*b, 8));
    EXPECT_LT(steady_clock::now() - asked, kHeartbeat);
}

TEST_F(LeaseKeeperOnPostgres, TakesOverFromOneThatWasKilledSoonerThanFromOneThatIsPaused) {
    {
        leave_behind("killed");
        const auto killed = steady_clock::now();
        const auto a = start("a");
        ASSERT_TRUE(holds(*a, 8));
        EXPECT_LT(steady_clock::now() - killed, pg::kLeaseTtl);
        EXPECT_GT(steady_clock::now() - killed, kHeartbeat) << "a moment's silence is not death";
        EXPECT_EQ(epochs(), "2 2 2 2 2 2 2 2");
    }
    pg::PartitionLeases paused(database.engine_dsn(), "paused");
    const pg::LeaseView view = paused.beat({});
    const auto silent = steady_clock::now();
    ASSERT_EQ(paused.take(view.leases, view.living).size(), kPartitions);
    const auto b = start("b");
    ASSERT_TRUE(holds(*b, 8));
    EXPECT_LT(steady_clock::now() - silent, 5s);
    EXPECT_GT(steady_clock::now() - silent, pg::kLeaseTtl - 500ms);
}

TEST_F(LeaseKeeperOnPostgres, EndsTheSessionOfTheFormerOwnerWhichMayHoldLocks) {
    leave_behind("paused");
    pg::Connection paused(database.engine_dsn(), pg::kProjectorSession);
    paused.execute("set application_name = '" + pg::projector_session_name("paused") + "'");
    paused.execute("begin");
    paused.execute("select from proj.lease where partition = 3 for share");
    const auto a = start("a");
    ASSERT_TRUE(holds(*a, 8));
    EXPECT_THROW(paused.execute("commit"), pg::PgError);
}

TEST_F(LeaseKeeperOnPostgres, TakesWhatIsLockedLaterAndTheRestAtOnce) {
    leave_behind("killed");
    pg::Connection other(database.engine_dsn(), pg::kProjectorSession);
    other.execute("begin");
    other.execute("select from proj.lease where partition = 3 for share");
    const auto a = start("a");
    ASSERT_TRUE(holds(*a, 7));
    other.execute("commit");
    ASSERT_TRUE(holds(*a, 8));
}

TEST_F(LeaseKeeperOnPostgres, KeepsItsLeasesWhenItsSessionsEndAndNobodyElseWantsThem) {
    const auto a = start("a");
    ASSERT_TRUE(holds(*a, 8));
    database.run(
        "select pg_terminate_backend(pid) from pg_stat_activity"
        " where datname = current_database() and application_name like 'annals-leases%'"
    );
    const std::string expires = database.value("select expires_at from proj.member");
    ASSERT_TRUE(becomes_true(
        database, "select expires_at > '" + expires + "'::timestamptz + interval '1 second' from proj.member"
    ));
    EXPECT_EQ(a->held().leases.size(), 8U);
    EXPECT_EQ(epochs(), "1 1 1 1 1 1 1 1");
}

TEST_F(LeaseKeeperOnPostgres, NoticesThatAnotherProcessTookItsPartitions) {
    const auto a = start("a");
    ASSERT_TRUE(holds(*a, 8));
    // What another process would do after `a` was paused for longer than its lease lives.
    database.run("insert into proj.member values ('b', now() + interval '1 minute')");
    database.run("update proj.lease set owner = 'b', epoch = epoch + 1 where partition >= 4");
    ASSERT_TRUE(holds(*a, 4));
    for (const PartitionLease& lease : a->held().leases) EXPECT_LT(lease.partition, 4);
}

TEST(MemberName, IsUniqueAndFitsASessionName) {
    const std::string name = make_member_name();
    EXPECT_NE(name, make_member_name());
    EXPECT_LE(pg::projector_session_name(name).size(), 63U);
    EXPECT_EQ(name.find('\''), std::string::npos);
}

}  // namespace
}  // namespace annals::projector
