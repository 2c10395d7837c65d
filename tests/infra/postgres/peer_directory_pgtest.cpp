#include "infra/postgres/peer_directory.hpp"
#include "tests/support/pg_fixture.hpp"

#include <chrono>
#include <condition_variable>
#include <gmock/gmock.h>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace annals::pg {
namespace {

using namespace test;
using namespace std::chrono_literals;
using std::chrono::steady_clock;

/// A directory, and whom it knows.
class Member {
public:
    Member(const std::string& dsn, const std::string& name)
        : directory_(dsn, {name, "http://10.0.0.1:80"}, [this](const std::vector<PeerRow>& living) {
              const std::lock_guard lock(mutex_);
              names_.clear();
              for (const PeerRow& row : living) names_ += row.member + ' ';
              changed_.notify_all();
          }) {
        directory_.start();
    }

    bool knows(const std::string& names, std::chrono::milliseconds limit = 10s) {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, limit, [&] { return names_ == names; });
    }
    void stop() { directory_.stop(); }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::string names_;
    PeerDirectory directory_;
};

class PeerDirectoryOnPostgres : public ::testing::Test {
protected:
    PgDatabase database{PgDatabase::Contents::migrated};
};

TEST_F(PeerDirectoryOnPostgres, TellsWhoComesAndWhoLeavesAtOnce) {
    Member a(database.engine_dsn(), "a");
    ASSERT_TRUE(a.knows("a "));
    const auto begun = steady_clock::now();
    Member b(database.engine_dsn(), "b");
    ASSERT_TRUE(b.knows("a b "));
    ASSERT_TRUE(a.knows("a b "));
    b.stop();
    ASSERT_TRUE(a.knows("a "));
    EXPECT_LT(steady_clock::now() - begun, kPeerTtl) << "nobody had to expire";
    a.stop();
    EXPECT_EQ(database.value("select count(*) from log.peer"), "0");
}

TEST_F(PeerDirectoryOnPostgres, ForgetsWhoSaysNothingMoreAndLaterTheRow) {
    {
        PeerTable killed(database.engine_dsn(), {"killed", "http://10.0.0.9:80"});
        (void)killed.beat();
    }
    const auto killed_at = steady_clock::now();
    Member a(database.engine_dsn(), "a");
    ASSERT_TRUE(a.knows("a killed "));
    ASSERT_TRUE(a.knows("a "));
    EXPECT_GT(steady_clock::now() - killed_at, kPeerTtl / 2) << "a moment's silence is not death";
    EXPECT_LT(steady_clock::now() - killed_at, kPeerTtl + 3 * kPeerHeartbeat);
    EXPECT_EQ(database.value("select count(*) from log.peer"), "2");
    database.value(
        "update log.peer set expires_at = expires_at - interval '2 minutes' where member = 'killed' "
        "returning 1"
    );
    Member b(database.engine_dsn(), "b");
    ASSERT_TRUE(b.knows("a b "));
    EXPECT_EQ(database.value("select count(*) from log.peer where member = 'killed'"), "0");
}

TEST_F(PeerDirectoryOnPostgres, GoesOnWhenItsSessionEnds) {
    Member a(database.engine_dsn(), "a");
    Member b(database.engine_dsn(), "b");
    ASSERT_TRUE(a.knows("a b ") && b.knows("a b "));
    database.value(
        "select count(pg_terminate_backend(pid)) from pg_stat_activity"
        " where datname = current_database() and application_name = 'annals-peers'"
    );
    b.stop();
    ASSERT_TRUE(a.knows("a ")) << "it listens again";
}

TEST_F(PeerDirectoryOnPostgres, IsNotForTheRoleOfQueries) {
    PeerTable table(database.api_dsn(), {"a", "http://10.0.0.1:80"});
    EXPECT_THROW((void)table.beat(), PgError);
}

}  // namespace
}  // namespace annals::pg
