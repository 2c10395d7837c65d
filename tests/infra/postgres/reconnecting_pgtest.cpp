#include "infra/postgres/partition_leases.hpp"
#include "infra/postgres/peer_table.hpp"
#include "infra/postgres/reconnecting.hpp"
#include "tests/support/pg_fixture.hpp"

#include <chrono>
#include <gtest/gtest.h>
#include <string>

namespace annals::pg {
namespace {

using namespace test;
using namespace std::chrono_literals;
using std::chrono::steady_clock;

class ReconnectingOnPostgres : public ::testing::Test {
protected:
    void end_sessions(const std::string& name) {
        ASSERT_EQ(
            database.value(
                "select bool_and(pg_terminate_backend(pid, 5000)) from pg_stat_activity"
                " where datname = current_database() and application_name = '" +
                name + "'"
            ),
            "t"
        );
    }
    /// Whether a wait ends because of what was just told, and not because its time is over.
    template <class Table>
    bool hears(Table& table, const std::string& channel) {
        database.run("notify " + channel);
        const auto begun = steady_clock::now();
        table.wait(-1, 20s);
        return steady_clock::now() - begun < 10s;
    }
    /// What came so far is heard, so that the next wait is for something new.
    template <class Table>
    void hear_all(Table& table) {
        table.wait(-1, 50ms);
    }
    std::string member_locks() {
        return database.value(
            "select count(*) from pg_locks where locktype = 'advisory' and granted"
            " and database = (select oid from pg_database where datname = current_database())"
        );
    }

    PgDatabase database{PgDatabase::Contents::migrated, 2};
};

TEST_F(ReconnectingOnPostgres, CountsEveryConnectionAndNoneTwice) {
    Reconnecting connection(database.engine_dsn(), {"annals-counted", 1'000, 1'000, ""});
    EXPECT_EQ(connection.connections(), 0U);
    (void)connection.get();
    (void)connection.get();
    EXPECT_EQ(connection.connections(), 1U) << "the same as long as it is usable";
    connection.drop();
    (void)connection.get();
    EXPECT_EQ(connection.connections(), 2U);
    end_sessions("annals-counted");
    EXPECT_THROW(connection.get().execute("select 1"), PgError);
    EXPECT_EQ(connection.get().execute("select 7").at(0, 0), "7");
    EXPECT_EQ(connection.connections(), 3U);
}

TEST_F(ReconnectingOnPostgres, DoesNotCountAnAttemptThatFails) {
    Reconnecting connection(
        "host=127.0.0.1 port=1 user=nobody dbname=none", {"annals-none", 1'000, 1'000, ""}
    );
    EXPECT_THROW((void)connection.get(), PgError);
    EXPECT_EQ(connection.connections(), 0U);
}

TEST_F(ReconnectingOnPostgres, LeasesListenAndAreLockedAgainInANewSession) {
    PartitionLeases leases(database.engine_dsn(), "a");
    (void)leases.beat({});
    EXPECT_EQ(member_locks(), "1");
    end_sessions("annals-leases");
    EXPECT_THROW((void)leases.beat({}), PgError);
    EXPECT_EQ(member_locks(), "0");
    (void)leases.beat({});
    EXPECT_EQ(member_locks(), "1");
    hear_all(leases);
    EXPECT_TRUE(hears(leases, kLeasesChannel));
    leases.drop();
    (void)leases.beat({});
    hear_all(leases);
    EXPECT_TRUE(hears(leases, kLeasesChannel)) << "after it was dropped as well";
}

TEST_F(ReconnectingOnPostgres, PeersListenAgainInANewSession) {
    PeerTable peers(database.engine_dsn(), {"a", "http://10.0.0.1:80"});
    (void)peers.beat();
    end_sessions("annals-peers");
    EXPECT_THROW((void)peers.beat(), PgError);
    (void)peers.beat();
    hear_all(peers);
    EXPECT_TRUE(hears(peers, "annals_peers"));
}

}  // namespace
}  // namespace annals::pg
