#include "domain/identity/events.hpp"
#include "domain/operations/events.hpp"
#include "domain/operations/parked_queue.hpp"
#include "infra/postgres/parked_events.hpp"
#include "projections/identity/person.hpp"
#include "tests/projections/projector_fixture.hpp"
#include "tests/support/older_catalogue.hpp"

namespace annals::test {
namespace {

identity::UserRegistered registered(const Uuid& person, std::string_view name) {
    return {{person, text<Email>("anna@example.org")}, {person, text<identity::DisplayName>(name)}, {}};
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

/// The notes as they were before moves were counted, or thought of.
const ProjectionType& older_note_projection() {
    static const std::array kTables{table<NoteRow>()};
    static const std::array kReactions{reaction<&note>()};
    static const ProjectionType kProjection{"test.note", 1, kTables, kReactions};
    return kProjection;
}

TEST_F(ProjectorOnPostgres, ParksWhatItDoesNotKnowAndANewerBinaryTakesItUp) {
    const contract::EventCatalogue older_catalogue = catalogue_without("prj.TaskMoved");
    const std::array<const ProjectionType*, 1> older_notes{&older_note_projection()};
    const auto start_older = [&] { return start(older_notes, {{0}, {1}}, older_catalogue); };
    const std::array<const ProjectionType*, 1> notes_only{&note_projection()};
    constexpr int kMoves = 250;  // more than a turn
    add_task(kOrgA, 1, "moved", kMoves);
    add_task(kOrgA, 2, "poison", 1);
    add_task(kOrgB, 3, "elsewhere", 1);
    add_task(kOrgB, 4, "still");
    const auto older = start_older();
    older->projector->apply(logged());
    EXPECT_EQ(notes(), "elsewhere 0, moved 0, still 0");
    const std::string by_code =
        "select string_agg(code || ' ' || n || ' ' || attempts, ', ' order by code)"
        " from (select code, attempts, count(*) as n from proj.parked group by 1, 2) as c";
    EXPECT_EQ(database.value(by_code), "unknown_type 3 1, waiting 250 0") << "the poison as well, see below";
    EXPECT_NE(older->parked.front().detail.find("does not know prj.TaskMoved version 1"), std::string::npos)
        << older->parked.front().detail;
    // Another process of the old release changes nothing, not even the attempts.
    EXPECT_EQ(take_all_up(*start_older()), 0U);
    EXPECT_EQ(database.value(by_code), "unknown_type 3 1, waiting 250 0");
    const auto newer = start(notes_only, {{0}, {1}});
    newer->projector->look_for_unknown();
    EXPECT_EQ(newer->projector->take_up(), 1U) << "of the partition with one";
    EXPECT_EQ(newer->projector->take_up(), 0U);
    EXPECT_EQ(newer->projector->take_up(), kTakeUpEvents);
    EXPECT_EQ(notes(), "elsewhere 1, moved 200, still 0");
    // What comes meanwhile queues behind.
    add_move(kOrgA, 1);
    newer->projector->apply(logged());
    EXPECT_EQ(notes(), "elsewhere 1, moved 200, still 0");
    // The process ends, or its partitions change. Nothing tells any more what the stream was parked for.
    EXPECT_EQ(take_all_up(*start(notes_only, {{0}, {1}})), kMoves + 1 - kTakeUpEvents);
    EXPECT_EQ(notes(), "elsewhere 1, moved 251, still 0");
    EXPECT_EQ(database.value(by_code), "reducer 1 2, waiting 1 0") << "which a newer binary does not mend";
    // The streams flow again.
    add_move(kOrgA, 1);
    add_move(kOrgB, 3);
    newer->projector->apply(logged());
    EXPECT_EQ(notes(), "elsewhere 2, moved 252, still 0");
}

/// Tasks whose moves the projection of notes has parked, because an older binary did not know them.
class ParkedByAnOlderProcess : public ProjectorOnPostgres {
protected:
    void park(std::span<const std::string_view> titles) {
        std::uint64_t task = 0;
        for (const std::string_view title : titles) add_task(kOrgA, ++task, title, 1);
        start(notes_only, {{0}, {1}}, older_catalogue)->projector->apply(logged());
    }
    std::string parked() {
        return database.value(
            "select coalesce(string_agg(position || ' ' || code, ', ' order by position), 'nothing')"
            " from proj.parked"
        );
    }
    const contract::EventCatalogue older_catalogue = catalogue_without("prj.TaskMoved");
    const std::array<const ProjectionType*, 1> notes_only{&note_projection()};
};

TEST_F(ParkedByAnOlderProcess, IsLeftToWhoeverTookThePartitionOver) {
    park(std::array{std::string_view("moved")});
    const auto newer = start(notes_only, {lease(0, "one")});
    (void)lease(0, "another");
    EXPECT_EQ(take_all_up(*newer), 0U);
    EXPECT_FALSE(newer->projector->owns(0));
    EXPECT_EQ(parked(), "2 unknown_type");
    EXPECT_EQ(notes(), "moved 0");
}

TEST_F(ParkedByAnOlderProcess, IsTakenUpButForWhatStillFails) {
    park(std::array<std::string_view, 3>{"one", "two", "three"});
    add_move(kOrgA, 2);
    // The note of the second task is gone, so its move cannot be counted.
    database.run("delete from prj.test_note where note = 'two'");
    const auto newer = start(notes_only, {{0}, {1}});
    newer->projector->apply(logged());
    EXPECT_EQ(take_all_up(*newer), 2U);
    EXPECT_EQ(notes(), "one 1, three 1");
    EXPECT_EQ(parked(), "4 reducer, 7 waiting");
    EXPECT_EQ(take_all_up(*newer), 0U) << "that is a matter for operators";
}

TEST_F(ParkedByAnOlderProcess, IsTakenUpWithWhatFailedForLackOfIt) {
    // An event of another stream may need what an unknown one would have done.
    park(std::array<std::string_view, 2>{"moved", "poison"});
    EXPECT_EQ(parked(), "2 unknown_type, 3 unknown_type, 4 waiting");
    g_allergic = false;
    EXPECT_EQ(take_all_up(*start(notes_only, {{0}, {1}})), 3U);
    EXPECT_EQ(notes(), "moved 1, poison 1");
}

TEST_F(ParkedByAnOlderProcess, IsLeftAloneWhileAnOperatorWorksOnTheProjection) {
    park(std::array{std::string_view("moved")});
    const auto newer = start(notes_only, {{0}, {1}});
    {
        pg::Connection operators(database.engine_dsn(), {"operators", 1'000, 1'000, ""});
        ASSERT_TRUE(pg::lock_projection(operators, "test.note"));
        EXPECT_EQ(take_all_up(*newer), 0U);
        EXPECT_EQ(parked(), "2 unknown_type");
    }
    pg::Connection operators(database.engine_dsn(), {"operators", 1'000, 1'000, ""});
    EXPECT_EQ(take_all_up(*newer), 1U);
    EXPECT_EQ(notes(), "moved 1");
    EXPECT_TRUE(pg::lock_projection(operators, "test.note")) << "nothing is held any more";
}

TEST_F(ParkedByAnOlderProcess, IsNotAppliedWhenAnOperatorGaveItUp) {
    park(std::array<std::string_view, 2>{"one", "two"});
    // The command ended between its decision and the retry.
    operations::ParkedEventSkipped skipped;
    skipped.projection = text<operations::ProjectionName>("test.note@1");
    skipped.partition = operations::PartitionNumber{0};
    skipped.position = operations::EventNumber{2};
    skipped.stream_id = uuid(1);
    skipped.event_type = "prj.TaskMoved";
    skipped.reason = text<operations::OperatorReason>("a move that never was");
    log.add(kPlatformRealm, operations::parked_queue_id("test.note@1"), skipped);
    database.run("update log.partition set head = 0");
    ASSERT_EQ(log.append_to(*pg::make_pg_event_store(database.engine_dsn())), AppendOutcome::written);
    EXPECT_EQ(take_all_up(*start(notes_only, {{0}, {1}})), 2U);
    EXPECT_EQ(notes(), "one 0, two 1");
    EXPECT_EQ(parked(), "nothing");
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

TEST_F(ProjectorOnPostgres, ParksTheStreamWhoseSealedDataCannotBeOpened) {
    const std::array<const ProjectionType*, 2> projections{
        &identity::person_projection(), &projects::task_projection()
    };
    const Uuid anna = uuid(31);
    const Uuid bob = uuid(32);
    log.add(kOrgA, anna, registered(anna, "Anna"));
    log.add(kOrgA, anna, identity::LoginSucceeded{});
    log.add(kOrgA, bob, registered(bob, "Bob"));
    add_task(kOrgA, 1, "one");
    sealer.damaged.insert(anna);
    const auto running = start(projections, {{0}, {1}});
    running->projector->apply(logged());
    EXPECT_EQ(database.value("select string_agg(display_name, ' ') from idn.person"), "Bob");
    EXPECT_EQ(database.value("select count(*) from prj.task"), "1");
    EXPECT_EQ(
        database.value(
            "select string_agg(projection || ' ' || position || ' ' || code, ', ' order by position)"
            " from proj.parked"
        ),
        "identity.person@1 1 unreadable, identity.person@1 2 waiting"
    );
    ASSERT_EQ(running->parked.size(), 1U);
    EXPECT_EQ(running->parked.front().detail, "undecipherable: the key is damaged");
    // The key was mended, from a backup for instance.
    sealer.damaged.clear();
    EXPECT_EQ(start(projections, {{0}, {1}})->projector->retry_parked("identity.person").applied, 2U);
    EXPECT_EQ(
        database.value("select string_agg(display_name, ' ' order by display_name) from idn.person"),
        "Anna Bob"
    );
}

TEST_F(ProjectorOnPostgres, ParksNothingWhileTheKeysCannotBeHad) {
    const std::array<const ProjectionType*, 1> projections{&identity::person_projection()};
    log.add(kOrgA, uuid(31), registered(uuid(31), "Anna"));
    const auto running = start(projections, {{0}, {1}});
    sealer.away = true;
    EXPECT_THROW(running->projector->apply(logged()), ProjectionStoreUnavailable);
    EXPECT_EQ(database.value("select count(*) from proj.parked"), "0");
    sealer.away = false;
    running->projector->open();
    running->projector->apply(logged());
    EXPECT_EQ(database.value("select display_name from idn.person"), "Anna");
}

}  // namespace
}  // namespace annals::test
