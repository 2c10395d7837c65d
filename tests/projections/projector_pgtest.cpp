#include "projections/kernel/fold_check.hpp"
#include "tests/projections/projector_fixture.hpp"

namespace annals::test {
namespace {

TEST_F(ProjectorOnPostgres, CommitsRowsAndCheckpointsOfABatchTogether) {
    add_task(kOrgA, 1, "one", 2);
    add_task(kOrgB, 2, "two");
    const auto running = start();
    running->projector->apply(logged());
    EXPECT_EQ(notes(), "one 2, two 0");
    EXPECT_EQ(
        checkpoints(), "projects.task@1 0 3 6, projects.task@1 1 1 2, test.note@1 0 3 6, test.note@1 1 1 2"
    );
    EXPECT_EQ(running->applied, (std::vector<std::string>{"1-0-3", "1-1-1"}));
    EXPECT_EQ(database.value("select count(*) from prj.task where category = 'in_progress'"), "1");
    EXPECT_EQ(running->projector->kafka_offset(0), 6);
}

TEST_F(ProjectorOnPostgres, AppliesEachEventOnceHoweverOftenItComes) {
    add_task(kOrgA, 1, "one", 2);
    const auto lines = logged();
    const auto running = start();
    running->projector->apply(std::span(lines).first(2));
    running->projector->apply(lines);
    running->projector->apply(lines);
    EXPECT_EQ(notes(), "one 2");
    EXPECT_EQ(running->projector->status().duplicates_total, 5U);
    // Another process that starts later knows what was applied.
    start()->projector->apply(lines);
    EXPECT_EQ(notes(), "one 2");
}

TEST_F(ProjectorOnPostgres, RemovesARowAndMakesItAgain) {
    add_task(kOrgA, 1, "one");
    log.add(kOrgA, uuid(1), projects::TaskUnassigned{});
    const auto lines = logged();
    const auto running = start();
    running->projector->apply(std::span(lines).first(1));
    EXPECT_EQ(notes(), "one 0");
    running->projector->apply(lines);
    EXPECT_EQ(notes(), "");
}

TEST_F(ProjectorOnPostgres, FillsAGapFromTheLog) {
    add_task(kOrgA, 1, "one", 5);
    add_task(kOrgB, 2, "two");
    auto lines = logged();
    lines.erase(lines.begin() + 1, lines.begin() + 5);
    const auto running = start();
    running->projector->apply(lines);
    EXPECT_EQ(notes(), "one 5, two 0");
    EXPECT_EQ(running->projector->status().gap_events_total, 4U);
}

TEST_F(ProjectorOnPostgres, RefusesATopicThatIsAheadOfTheLog) {
    add_task(kOrgA, 1, "one");
    auto lines = logged();
    lines.front().position = 9;
    const auto running = start();
    EXPECT_THROW(running->projector->apply(lines), LogDiverged);
}

TEST_F(ProjectorOnPostgres, IsFencedByAnotherProjectorAndGoesOnFromItsCheckpoints) {
    add_task(kOrgA, 1, "one", 3);
    const auto lines = logged();
    const auto first = start();
    const auto second = start();
    first->projector->apply(std::span(lines).first(3));
    second->projector->apply(lines);
    EXPECT_EQ(second->projector->status().fenced_total, 1U);
    EXPECT_EQ(notes(), "one 3");
    EXPECT_EQ(second->projector->status().duplicates_total, 3U);
}

TEST_F(ProjectorOnPostgres, FillsAProjectionThatWasAddedLater) {
    add_task(kOrgA, 1, "one", 2);
    start(std::span(both).first(1), {{0}, {1}})->projector->apply(logged());
    const auto running = start();
    EXPECT_EQ(running->projector->applied(0), 0U);
    EXPECT_EQ(running->projector->kafka_offset(0), 6);
    running->projector->catch_up(0);
    EXPECT_EQ(notes(), "one 2");
    EXPECT_EQ(database.value("select version from prj.task"), "3");
}

TEST_F(ProjectorOnPostgres, GoesOnAfterItsConnectionWasCut) {
    add_task(kOrgA, 1, "one", 2);
    const auto lines = logged();
    const auto running = start();
    running->projector->apply(std::span(lines).first(1));
    database.run(
        "select pg_terminate_backend(pid) from pg_stat_activity"
        " where datname = current_database() and application_name = 'annals-projector'"
    );
    EXPECT_THROW(running->projector->apply(lines), ProjectionStoreUnavailable);
    running->projector->open();
    running->projector->apply(lines);
    EXPECT_EQ(notes(), "one 2");
}

TEST_F(ProjectorOnPostgres, TellsOtherProcessesWhatEveryProjectionHas) {
    add_task(kOrgB, 1, "one", 1);
    pg::Connection listener(database.engine_dsn(), pg::kListenerSession);
    listener.execute("listen annals_applied");
    start()->projector->apply(logged());
    std::string heard;
    listener.wait_notifications(-1, std::chrono::seconds(10), [&](std::string_view payload) {
        heard = payload;
    });
    EXPECT_EQ(heard, "1-1-2");
}

class FoldCheck : public ProjectorOnPostgres {
protected:
    FoldCheck() {
        add_task(kOrgA, 1, "poison", 1);
        for (std::uint64_t task = 2; task < 40; ++task)
            add_task(task % 2 == 0 ? kOrgA : kOrgB, task, "fine", 2);
        EXPECT_EQ(log.append_to(*pg::make_pg_event_store(database.engine_dsn())), AppendOutcome::written);
        start()->projector->apply(logged());
    }
    std::vector<FoldResult> check() {
        const auto snapshot = pg::make_projection_snapshot(database.engine_dsn());
        return check_folds(both, *snapshot, &sealer);
    }
};

TEST_F(FoldCheck, FindsTablesEqualAndLeavesParkedEventsOut) {
    const auto results = check();
    ASSERT_EQ(results.size(), 2U);
    for (const FoldResult& result : results) {
        EXPECT_TRUE(result.equal()) << result.table;
        EXPECT_EQ(result.rows_found, result.rows_expected);
    }
    EXPECT_EQ(results[0].rows_found, 39U);
    EXPECT_EQ(results[1].rows_found, 38U);
    EXPECT_EQ(results[1].parked_events, 2U);
}

TEST_F(FoldCheck, NamesRowsThatDifferAreMissingOrTooMany) {
    database.run("update prj.test_note set moves = 77 where id = '" + uuid(2).to_string() + "'");
    database.run("delete from prj.test_note where id = '" + uuid(4).to_string() + "'");
    database.run(
        "insert into prj.test_note values ('" + kOrgA.to_string() + "', '" + uuid(99).to_string() +
        "', 'x', 0)"
    );
    const auto results = check();
    EXPECT_TRUE(results[0].equal());
    EXPECT_EQ(results[1].differences, 3U);
    EXPECT_EQ(
        results[1].differing, (std::vector<RowKey>{{kOrgA, uuid(2)}, {kOrgA, uuid(4)}, {kOrgA, uuid(99)}})
    );
}

}  // namespace
}  // namespace annals::test
