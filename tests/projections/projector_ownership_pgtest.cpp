#include "tests/projections/projector_fixture.hpp"

namespace annals::test {
namespace {

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

}  // namespace
}  // namespace annals::test
