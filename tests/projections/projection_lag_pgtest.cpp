#include "infra/postgres/pg_event_store.hpp"
#include "infra/postgres/projection_progress.hpp"
#include "infra/postgres/projection_store.hpp"
#include "projections/catalogue.hpp"
#include "tests/support/event_log.hpp"
#include "tests/support/pg_fixture.hpp"
#include "tests/support/project_events.hpp"

#include <array>
#include <gtest/gtest.h>

namespace annals {
namespace {

using namespace test;

const TenantId kOrgA{uuid(0xa0)};  // lives in partition 0
const TenantId kOrgB{uuid(0xa1)};  // and this one in 1
constexpr std::int64_t kHourUs = 3'600'000'000;

TEST(LagState, IsIdleAtTheHeadHoweverLongAgoItMoved) {
    EXPECT_EQ(lag_state(7, 7, 0, kHourUs), LagState::idle);
    EXPECT_EQ(lag_state(0, 0, 0, kHourUs), LagState::idle);
}

TEST(LagState, IsStuckOnlyWhenTheEventIsOldAndNothingMoved) {
    EXPECT_EQ(lag_state(6, 7, 5, kHourUs), LagState::applying) << "a new event after a quiet hour";
    EXPECT_EQ(lag_state(6, 7, kHourUs, 5), LagState::applying) << "an old event that is being caught up";
    EXPECT_EQ(lag_state(6, 7, kStuckAfterUs, kStuckAfterUs), LagState::stuck);
}

TEST(LagState, TheWorstIsStuckBeforeOldBeforeIdle) {
    const std::array lags{
        ProjectionLag{.partition = 0, .state = LagState::idle},
        ProjectionLag{.partition = 1, .lag_us = 9, .state = LagState::applying},
        ProjectionLag{.partition = 2, .lag_us = 8, .state = LagState::stuck},
    };
    EXPECT_EQ(worst(lags)->partition, 2);
    EXPECT_EQ(worst(std::span(lags).first(2))->partition, 1);
    EXPECT_EQ(worst({}), nullptr);
}

class ProjectionLagOnPostgres : public ::testing::Test {
protected:
    void add_tasks(TenantId tenant, std::uint64_t first, std::uint64_t count) {
        for (std::uint64_t i = 0; i < count; ++i) {
            log.add(tenant, uuid(first + i), task_created(ProjectId{uuid(500)}, 1, "One"));
        }
    }
    void append() {
        ASSERT_EQ(log.append_to(*pg::make_pg_event_store(database.engine_dsn())), AppendOutcome::written);
    }
    /// Moves all projections of a partition to a position, as long ago as it is said.
    void applied(std::uint16_t partition, std::uint64_t position, const std::string& ago) {
        database.run(
            "insert into proj.checkpoint (projection, partition, position, applied_at) values ('p@1', " +
            std::to_string(partition) + ", " + std::to_string(position) + ", now() - interval '" + ago +
            "') on conflict (projection, partition) do update"
            " set position = excluded.position, applied_at = excluded.applied_at"
        );
    }
    ProjectionProgress read() { return reader->read(std::array<std::string, 1>{"p@1"}); }

    PgDatabase database{PgDatabase::Contents::migrated, 2};
    EventLog log{2};
    std::unique_ptr<ProjectionProgressReader> reader =
        pg::make_projection_progress_reader(database.engine_dsn());
};

TEST_F(ProjectionLagOnPostgres, IsTheAgeOfTheOldestEventNotApplied) {
    // The events were recorded a second after another from 2026-11-21T06:00:00Z on.
    add_tasks(kOrgA, 1, 3);
    append();
    applied(0, 1, "1 hour");
    const auto lags = read().lags;
    ASSERT_EQ(lags.size(), 2U);
    EXPECT_EQ(lags[0].position, 1U);
    EXPECT_EQ(lags[0].head, 3U);
    const std::string second =
        "select (extract(epoch from clock_timestamp() - recorded_at) * 1000000)::bigint"
        " from log.event where position = 2";
    const std::int64_t age = std::max<std::int64_t>(0, std::stoll(database.value(second)));
    EXPECT_LE(lags[0].lag_us, age);
    EXPECT_GE(lags[0].lag_us, age - kHourUs / 60);
    EXPECT_EQ(lags[1].state, LagState::idle);
    EXPECT_EQ(lags[1].lag_us, 0);
}

TEST_F(ProjectionLagOnPostgres, TellsStuckFromIdleAndFromApplying) {
    add_tasks(kOrgA, 1, 3);
    add_tasks(kOrgB, 9, 3);
    append();
    const auto recorded = [this](const std::string& ago) {
        database.run(
            "alter table log.event disable trigger append_only; update log.event set recorded_at ="
            " clock_timestamp() - interval '" +
            ago + "'; alter table log.event enable trigger append_only"
        );
    };
    recorded("1 hour");
    applied(0, 2, "1 hour");
    applied(1, 3, "1 hour");
    EXPECT_EQ(read().lags[0].state, LagState::stuck);
    EXPECT_GE(read().lags[0].lag_us, kHourUs);
    EXPECT_EQ(read().lags[1].state, LagState::idle);
    applied(0, 2, "1 second");
    EXPECT_EQ(read().lags[0].state, LagState::applying);
    applied(0, 2, "1 hour");
    recorded("1 second");
    EXPECT_EQ(read().lags[0].state, LagState::applying);
    // Recorded by a process whose clock runs ahead.
    recorded("-1 hour");
    EXPECT_EQ(read().lags[0].lag_us, 0);
}

TEST_F(ProjectionLagOnPostgres, MovesTheWatermarkOnAnIdleLog) {
    applied(0, 0, "1 hour");
    const Instant first = read().lags[0].watermark;
    const Instant second = read().lags[0].watermark;
    EXPECT_LT(first, second);
    EXPECT_GT(first, instant("2026-01-01T00:00:00Z"));
}

TEST_F(ProjectionLagOnPostgres, NamesTheLivingOwnerAndCountsWhatIsParked) {
    database.run("insert into proj.member values ('alive', now() + interval '1 hour'), ('dead', now())");
    database.run("insert into proj.lease values (0, 'alive', 1), (1, 'dead', 1)");
    database.run(
        "insert into proj.parked select 'p@1', 0, n, '" + kOrgA.to_string() + "', '" + uuid(3).to_string() +
        "', 'x', 'reducer', '', now() - interval '1 hour' from generate_series(1, 5) n"
    );
    const ProjectionProgress progress = read();
    EXPECT_EQ(progress.lags[0].owner, "alive");
    EXPECT_EQ(progress.lags[1].owner, "");
    ASSERT_EQ(progress.parked.size(), 1U);
    EXPECT_EQ(progress.parked[0].streams, 1U);
    EXPECT_EQ(progress.parked[0].events, 5U);
    EXPECT_GE(progress.parked[0].oldest_us, kHourUs);
}

}  // namespace
}  // namespace annals
