#include "infra/postgres/connection.hpp"
#include "infra/projector/visibility_feed.hpp"
#include "projections/catalogue.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/pg_fixture.hpp"

#include <gtest/gtest.h>

namespace annals::projector {
namespace {

using namespace test;

class VisibilityFeedOnPostgres : public ::testing::Test {
protected:
    /// Whoever looks for raised epochs waits for it, as the feed does before it reads the checkpoints.
    void hold_epochs() {
        holder.execute("begin");
        holder.execute("lock table log.epoch in access exclusive mode");
    }
    /// The feed's reading of the checkpoints fails, while its session that listens goes on.
    bool reading_fails() {
        const std::string waiting =
            " from pg_stat_activity where datname = current_database()"
            " and application_name = 'annals-listener' and wait_event_type = 'Lock'";
        if (!becomes_true(database, "select count(*) = 1" + waiting)) return false;
        return database.value("select pg_terminate_backend(pid, 5000)" + waiting) == "t";
    }
    void release_epochs() { holder.execute("commit"); }
    /// Every projection has applied one partition so far.
    void move_checkpoints(std::uint16_t partition, std::uint64_t position) {
        for (const ProjectionType* type : projection_catalogue()) {
            database.run(
                "insert into proj.checkpoint (projection, partition, position) values ('" +
                std::string(type->checkpoint_name()) + "', " + std::to_string(partition) + ", " +
                std::to_string(position) + ")"
            );
        }
    }

    PgDatabase database{PgDatabase::Contents::migrated, 2};
    pg::Connection holder{database.owner_dsn(), pg::kMigrationSession};
    Visibility visibility{1, 2};
};

TEST_F(VisibilityFeedOnPostgres, ReadsTheCheckpointsAgainWhenThatFailedThoughNobodyTellsAnything) {
    move_checkpoints(1, 7);
    hold_epochs();
    const VisibilityFeed feed(database.engine_dsn(), visibility);
    ASSERT_TRUE(reading_fails());
    EXPECT_EQ(visibility.applied_in(1), 0U);
    release_epochs();
    EXPECT_TRUE(eventually([&] { return visibility.applied_in(1) == 7; }));
}

TEST_F(VisibilityFeedOnPostgres, LearnsOfARaisedEpochAlthoughReadingItFailedAtFirst) {
    move_checkpoints(1, 7);
    const VisibilityFeed feed(database.engine_dsn(), visibility);
    ASSERT_TRUE(eventually([&] { return visibility.applied_in(1) == 7; }));
    hold_epochs();
    holder.execute("insert into log.epoch (partition, epoch, after, reason) values (1, 2, 5, 'restored')");
    database.run("notify annals_applied");
    ASSERT_TRUE(reading_fails());
    EXPECT_FALSE(visibility.is_superseded({1, 1, 6}));
    release_epochs();
    EXPECT_TRUE(eventually([&] { return visibility.is_superseded({1, 1, 6}); }));
    EXPECT_FALSE(visibility.is_superseded({1, 1, 5}));
}

}  // namespace
}  // namespace annals::projector
