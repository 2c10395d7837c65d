#include "infra/postgres/pg_event_store.hpp"
#include "infra/postgres/projection_store.hpp"
#include "projections/catalogue.hpp"
#include "projections/kernel/declare.hpp"
#include "projections/kernel/fold_check.hpp"
#include "projections/projects/task.hpp"
#include "tests/support/event_log.hpp"
#include "tests/support/pg_fixture.hpp"
#include "tests/support/project_events.hpp"

#include <array>
#include <gtest/gtest.h>

namespace annals::test {

/// A projection with bad habits: its reducer refuses the title "poison" while `g_allergic`, and its table
/// refuses the note "refused".
struct NoteRow {
    static constexpr std::string_view kTable = "prj.test_note";
    TenantId tenant_id{};
    TaskId id{};
    std::string note{};
    std::int64_t moves{0};
};
BOOST_DESCRIBE_STRUCT(NoteRow, (), (tenant_id, id, note, moves))

bool g_allergic = true;

namespace {

void note(const projects::TaskCreated& event, const contract::Envelope& at, RowSet& rows) {
    if (g_allergic && event.title.str() == "poison") throw ProjectionFault("allergic to poison");
    rows.put(NoteRow{at.tenant, TaskId{at.stream}, event.title.str(), 0});
}
void count_move(const projects::TaskMoved&, const contract::Envelope& at, RowSet& rows) {
    ++rows.require<NoteRow>(at.tenant, at.stream).moves;
}
void forget(const projects::TaskUnassigned&, const contract::Envelope& at, RowSet& rows) {
    rows.remove<NoteRow>(at.tenant, at.stream);
}

const ProjectionType& note_projection() {
    static const std::array kTables{table<NoteRow>()};
    static const std::array kReactions{
        reaction<&note>(), reaction<&count_move>(touch_stream<NoteRow>), reaction<&forget>()
    };
    static const ProjectionType kProjection{"test.note", 1, kTables, kReactions};
    return kProjection;
}

const TenantId kOrgA{uuid(0xa0)};  // lives in partition 0
const TenantId kOrgB{uuid(0xa1)};  // and this one in 1
const ProjectId kProject{uuid(500)};

class ProjectorOnPostgres : public ::testing::Test {
protected:
    ProjectorOnPostgres() {
        g_allergic = true;
        database.run(
            "create table prj.test_note (tenant_id uuid not null, id uuid not null, note text not null"
            " check (note <> 'refused'), moves bigint not null, primary key (tenant_id, id));"
            " select proj.protect('prj.test_note')"
        );
    }

    /// A projector with a store of its own, opened.
    struct Running {
        std::unique_ptr<ProjectionStore> store;
        std::unique_ptr<Projector> projector;
        std::vector<std::string> applied;
        std::vector<ParkedEvent> parked;
    };
    std::unique_ptr<Running> start(
        std::span<const ProjectionType* const> projections, const std::vector<OwnedPartition>& partitions
    ) {
        auto running = std::make_unique<Running>();
        running->store = pg::make_projection_store(database.engine_dsn());
        running->projector = std::make_unique<Projector>(
            projections, *running->store, log, &sealer,
            ProjectorEvents{
                [self = running.get()](const Position& position) {
                    self->applied.push_back(position.to_string());
                },
                [self = running.get()](const ParkedEvent& event) { self->parked.push_back(event); }
            }
        );
        running->projector->open(partitions);
        return running;
    }
    std::unique_ptr<Running> start() { return start(both, {{0}, {1}}); }
    /// The lease of a partition changes hands.
    OwnedPartition lease(std::uint16_t partition, const std::string& owner) {
        const std::string epoch = database.value(
            "insert into proj.lease values (" + std::to_string(partition) + ", '" + owner +
            "', 1) on conflict (partition) do update set owner = excluded.owner,"
            " epoch = proj.lease.epoch + 1 returning epoch"
        );
        return {partition, std::stoull(epoch)};
    }

    std::string notes() {
        return database.value("select string_agg(note || ' ' || moves, ', ' order by note) from prj.test_note"
        );
    }
    static std::string checkpoints_at_zero() {
        return "projects.task@1 0 0 -, projects.task@1 1 0 -, test.note@1 0 0 -, test.note@1 1 0 -";
    }
    std::string checkpoints() {
        return database.value(
            "select string_agg(projection || ' ' || partition || ' ' || position || ' ' ||"
            " coalesce(kafka_offset::text, '-'), ', ' order by projection, partition) from proj.checkpoint"
        );
    }
    /// All lines, after the database was told how far the log is.
    std::vector<ProjectorLine> logged() {
        tell_heads();
        return log.lines();
    }
    void tell_heads() {
        for (std::uint16_t partition = 0; partition < 2; ++partition) {
            database.run(
                "update log.partition set head = " + std::to_string(log.head(partition)) +
                " where partition = " + std::to_string(partition)
            );
        }
    }
    void add_task(TenantId tenant, std::uint64_t task, std::string_view title, int moves = 0) {
        log.add(tenant, uuid(task), task_created(kProject, static_cast<std::int64_t>(task), title));
        for (int i = 0; i < moves; ++i) add_move(tenant, task);
    }
    void add_move(TenantId tenant, std::uint64_t task) {
        log.add(tenant, uuid(task), task_moved(kTodo, kDoing, projects::TaskCategory::in_progress, 5));
    }

    PgDatabase database{PgDatabase::Contents::migrated, 2};
    EventLog log{2};
    HexSealer sealer;
    const std::array<const ProjectionType*, 2> both{&projects::task_projection(), &note_projection()};
};

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

TEST_F(ProjectorOnPostgres, OwnsThePartitionsItIsGivenAndLeavesTheOthersAlone) {
    add_task(kOrgA, 1, "one", 2);
    add_task(kOrgB, 2, "poison", 1);
    const auto first = start(both, {lease(0, "first")});
    const auto second = start(both, {lease(1, "second")});
    first->projector->apply(logged());
    EXPECT_EQ(notes(), "one 2");
    second->projector->apply(logged());
    EXPECT_EQ(database.value("select count(*) from prj.task"), "2");
    EXPECT_EQ(first->applied, (std::vector<std::string>{"1-0-3"}));
    EXPECT_EQ(second->applied, (std::vector<std::string>{"1-1-2"}));
    const ProjectionStatus status = first->projector->status().projections.at(1);
    EXPECT_EQ(status.positions, (std::map<std::uint16_t, std::uint64_t>{{0, 3}}));
    first->projector->open(std::array{OwnedPartition{0, 1}});
    EXPECT_EQ(first->projector->status().projections.at(1).parked_streams, 0U);
    second->projector->open(std::array{OwnedPartition{1, 1}});
    EXPECT_EQ(second->projector->status().projections.at(1).parked_streams, 1U);
}

TEST_F(ProjectorOnPostgres, LosesOnlyThePartitionWhoseLeaseWasTakenOver) {
    add_task(kOrgA, 1, "one", 2);
    add_task(kOrgB, 2, "two", 1);
    const auto former = start(both, {lease(0, "former"), lease(1, "former")});
    const auto owner = start(both, {lease(0, "owner")});
    former->projector->apply(logged());
    EXPECT_EQ(notes(), "two 1");
    EXPECT_FALSE(former->projector->owns(0));
    EXPECT_TRUE(former->projector->owns(1));
    EXPECT_EQ(former->projector->status().leases_lost_total, 1U);
    EXPECT_EQ(former->projector->catch_up(0), 0U);
    owner->projector->apply(logged());
    EXPECT_EQ(notes(), "one 2, two 1");
}

TEST_F(ProjectorOnPostgres, WritesNothingOfALeaseThatWasTakenOverEvenAtAnUnmovedCheckpoint) {
    add_task(kOrgA, 1, "one", 2);
    const OwnedPartition mine = lease(0, "former");
    const auto former = start(both, {mine});
    (void)lease(0, "owner");
    former->projector->apply(logged());
    EXPECT_EQ(notes(), "");
    EXPECT_EQ(checkpoints(), checkpoints_at_zero());
    EXPECT_EQ(former->projector->status().fenced_total, 1U);
}

TEST_F(ProjectorOnPostgres, ComparesTheFirstLineOfEachReadingWithTheLog) {
    add_task(kOrgA, 1, "one", 2);
    add_task(kOrgB, 2, "two");
    auto lines = logged();
    // Another log's event, even at a position that is applied already.
    auto& other = lines[0].line;
    other.replace(other.find("one"), 3, "eno");
    const auto running = start();
    EXPECT_THROW(running->projector->apply(lines), LogDiverged);
    running->projector->open();
    running->projector->catch_up(0);
    running->projector->begin_reading();
    try {
        running->projector->apply(lines);
        FAIL() << "the line of another log was taken";
    } catch (const LogDiverged& diverged) {
        EXPECT_EQ(diverged.partition, 0);
    }
    running->projector->open();
    running->projector->apply(logged());
    EXPECT_EQ(notes(), "one 2, two 0");
    // Later lines of the same reading are not compared.
    running->projector->apply(lines);
    EXPECT_EQ(notes(), "one 2, two 0");
}

TEST_F(ProjectorOnPostgres, DropsLinesOfASupersededEpochAndAppliesThoseOfTheLogsOwn) {
    add_task(kOrgA, 1, "one", 1);
    const auto running = start();
    running->projector->apply(logged());
    // The topic goes on with two events that the log lost; the log goes on otherwise in its second epoch.
    EventLog lost(2);
    lost.add(kOrgA, uuid(1), task_created(kProject, 1, "one"));
    for (int i = 0; i < 3; ++i) {
        lost.add(kOrgA, uuid(1), task_moved(kTodo, kDoing, projects::TaskCategory::in_progress, 5));
    }
    auto topic = lost.lines();
    database.run("insert into log.epoch (partition, epoch, after, reason) values (0, 2, 2, 'restored')");
    database.run("update log.partition set epoch = 2");
    log.raise_epoch(2);
    add_task(kOrgA, 2, "two", 1);
    auto ours = logged();
    topic.insert(topic.end(), ours.begin() + 2, ours.end());
    const auto restarted = start();
    restarted->projector->apply(topic);
    EXPECT_EQ(notes(), "one 1, two 1");
    EXPECT_EQ(restarted->projector->status().superseded_total, 2U);
    EXPECT_EQ(restarted->applied.back(), "2-0-4");
    // One that was running when the epoch rose learns it from the first line that carries it.
    running->projector->apply(std::span(topic).subspan(4));
    EXPECT_EQ(running->projector->epoch(), 2U);
    EXPECT_EQ(notes(), "one 1, two 1");
}

TEST_F(ProjectorOnPostgres, TakesNoCheckpointBeyondTheLogsHead) {
    add_task(kOrgA, 1, "one", 2);
    const auto running = start();
    const auto lines = logged();
    database.run("update log.partition set head = 2 where partition = 0");
    EXPECT_THROW(running->projector->apply(lines), LogDiverged);
    EXPECT_EQ(notes(), "");
    EXPECT_EQ(checkpoints(), checkpoints_at_zero());
    running->projector->open();
    running->projector->apply(std::span(lines).first(2));
    EXPECT_EQ(notes(), "one 1");
}

TEST_F(ProjectorOnPostgres, NotesWhenACheckpointMovedButNotWhenItWasOnlyHeld) {
    add_task(kOrgA, 1, "poison");
    const auto running = start();
    database.run("update proj.checkpoint set applied_at = '2020-01-01'");
    running->projector->apply(logged());
    const std::string recent =
        "select bool_and(applied_at > now() - interval '1 minute') from proj.checkpoint"
        " where projection = 'test.note@1' and partition = 0";
    EXPECT_EQ(database.value(recent), "t");
    database.run("update proj.checkpoint set applied_at = '2020-01-01'");
    g_allergic = false;
    EXPECT_EQ(start()->projector->retry_parked("test.note").applied, 1U);
    EXPECT_EQ(database.value(recent), "f");
}

TEST_F(ProjectorOnPostgres, ParksAPoisonedStreamInOneProjectionWhileAllElseFlows) {
    add_task(kOrgA, 1, "poison", 2);
    add_task(kOrgA, 2, "fine", 1);
    const auto running = start();
    running->projector->apply(logged());
    EXPECT_EQ(notes(), "fine 1");
    EXPECT_EQ(database.value("select count(*) from prj.task"), "2");
    EXPECT_EQ(
        database.value("select string_agg(position || ' ' || code, ', ' order by position) from proj.parked"),
        "1 reducer, 2 waiting, 3 waiting"
    );
    ASSERT_EQ(running->parked.size(), 1U);
    EXPECT_EQ(running->parked.front().detail, "allergic to poison");
    // In a later batch, and after a restart, the stream still waits.
    add_move(kOrgA, 1);
    const auto restarted = start();
    restarted->projector->apply(logged());
    EXPECT_EQ(database.value("select count(*) from proj.parked"), "4");
    const ProjectorStatus status = restarted->projector->status();
    EXPECT_EQ(status.projections.at(1).parked_streams, 1U);
    EXPECT_EQ(status.projections.at(1).parked_events, 4U);
}

TEST_F(ProjectorOnPostgres, AppliesParkedEventsInOrderOnRetryWhileAProjectorRuns) {
    add_task(kOrgA, 1, "poison", 2);
    add_task(kOrgA, 2, "fine", 1);
    const auto running = start();
    running->projector->apply(logged());
    EXPECT_EQ(start()->projector->retry_parked("test.note").applied, 0U);
    EXPECT_EQ(start()->projector->retry_parked("test.note").failed, 1U);
    EXPECT_EQ(
        database.value(
            "select string_agg(position || ' ' || attempts, ', ' order by position) from proj.parked"
        ),
        "1 3, 2 0, 3 0"
    );
    g_allergic = false;
    EXPECT_EQ(start()->projector->retry_parked("test.note").applied, 3U);
    EXPECT_EQ(notes(), "fine 1, poison 2");
    EXPECT_EQ(database.value("select count(*) from proj.parked"), "0");
    // The one that runs notices and no longer parks the stream.
    add_move(kOrgA, 1);
    running->projector->apply(logged());
    EXPECT_EQ(notes(), "fine 1, poison 3");
    EXPECT_GE(running->projector->status().fenced_total, 1U);
}

TEST_F(ProjectorOnPostgres, GoesOnBehindAnEventThatWasGivenUp) {
    const std::array<EventPlace, 1> given_up{EventPlace{0, 1}};
    add_task(kOrgA, 1, "poison");
    log.add(kOrgA, uuid(1), projects::TaskUnassigned{});
    add_task(kOrgA, 2, "poison", 1);
    const auto running = start();
    running->projector->apply(logged());
    const auto operators = start();
    operators->projector->leave_out("test.note@1", given_up);
    const RetryResult retried = operators->projector->retry_parked("test.note", uuid(1));
    EXPECT_EQ(retried.skipped, 1U);
    EXPECT_EQ(retried.applied, 1U) << "what stood behind it";
    EXPECT_EQ(retried.failed, 0U);
    EXPECT_EQ(
        database.value("select string_agg(position::text, ' ' order by position) from proj.parked"), "3 4"
    ) << "the other stream was not asked for";
    // A copy that is filled from the beginning leaves the event out as well.
    database.run("delete from proj.parked; delete from proj.checkpoint");
    operators->projector->open();
    operators->projector->leave_out("test.note@1", given_up);
    operators->projector->apply(logged());
    EXPECT_EQ(
        database.value("select string_agg(position::text, ' ' order by position) from proj.parked"), "3 4"
    );
}

TEST_F(ProjectorOnPostgres, FindsTheEventWhoseValueTheDatabaseRefuses) {
    add_task(kOrgA, 1, "before", 1);
    add_task(kOrgA, 2, "refused", 1);
    add_task(kOrgB, 3, "elsewhere");
    add_task(kOrgA, 4, "after", 1);
    const auto running = start();
    running->projector->apply(logged());
    EXPECT_EQ(notes(), "after 1, before 1, elsewhere 0");
    EXPECT_EQ(database.value("select count(*) from prj.task"), "4");
    EXPECT_EQ(
        database.value("select string_agg(projection || ' ' || code, ', ' order by position) from proj.parked"
        ),
        "test.note@1 database, test.note@1 waiting"
    );
}

TEST_F(ProjectorOnPostgres, ParksALineThatCannotBeRead) {
    add_task(kOrgA, 1, "one");
    add_task(kOrgA, 2, "two", 1);
    auto lines = logged();
    auto& line = lines[1].line;
    line.replace(line.find("\"number\":2"), 10, "\"number\":{}");
    const auto running = start();
    running->projector->apply(lines);
    EXPECT_EQ(notes(), "one 0");
    EXPECT_EQ(
        database.value("select string_agg(projection || ' ' || code, ', ' order by position, projection) "
                       "from proj.parked"),
        "projects.task@1 unreadable, test.note@1 unreadable, projects.task@1 waiting, test.note@1 waiting"
    );
    // The log has the line in order, as a newer binary might.
    EXPECT_EQ(running->projector->retry_parked("projects.task").applied, 2U);
    EXPECT_EQ(running->projector->retry_parked("test.note").applied, 2U);
    EXPECT_EQ(notes(), "one 0, two 1");
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
