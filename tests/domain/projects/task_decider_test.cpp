#include "domain/projects/task.hpp"
#include "tests/domain/projects/task_fixture.hpp"
#include "tests/support/decider_spec.hpp"

#include <array>
#include <gtest/gtest.h>

namespace annals::projects {
namespace {

using namespace fixture;

CreateTask create() {
    return {.project_id = kProject, .title = text<TaskTitle>("Oil the lathe")};
}
CreateTaskFacts facts(const Project::State& project = kBoard) {
    return {.project = project, .reporter = kAda, .number = 12, .end_of_column = Rank::nth(5)};
}

TEST(TaskDecider, CreatesInTheFirstColumnWithTheProjectsKey) {
    TaskSpec::given({}).when(create(), facts()).then({created()});
}

TEST(TaskDecider, CreatesWithEverythingSaid) {
    auto command = create();
    command.description = text<TaskDescription>("With *care*");
    command.type = TaskType::bug;
    command.column = kDoing;
    command.priority = TaskPriority::urgent;
    command.assignees = {kAda, kBob, kAda};
    command.start = test::date("2026-03-01");
    command.due = test::date("2026-03-01");
    command.estimate_min = 90;
    command.labels = {text<Label>("oil"), text<Label>("lathe"), text<Label>("oil")};
    command.parent = id<TaskId>(50);
    auto given = facts();
    given.tasks_in_column = 1;
    given.parent = ParentTask{.project_id = kProject, .depth = 4};
    auto expected = created();
    expected.description = command.description;
    expected.type = TaskType::bug;
    expected.column_id = kDoing;
    expected.category = TaskCategory::in_progress;
    expected.priority = TaskPriority::urgent;
    expected.assignees = {kAda, kBob};
    expected.start = command.start;
    expected.due = command.due;
    expected.estimate_min = 90;
    expected.labels = {text<Label>("oil"), text<Label>("lathe")};
    expected.parent = command.parent;
    TaskSpec::given({}).when(command, given).then({expected});
}

TEST(TaskDecider, RejectsCreationOutsideALiveProject) {
    TaskSpec::given({}).when(create(), facts(kNoProject)).then_rejected("NOT_FOUND");
    TaskSpec::given({}).when(create(), facts(kArchived)).then_rejected("INVALID_STATE");
    TaskSpec::given({created()}).when(create(), facts()).then_rejected("DUPLICATE");
}

TEST(TaskDecider, RejectsCreationInAFullOrUnknownColumn) {
    auto command = create();
    command.column = kDoing;
    auto full = facts();
    full.tasks_in_column = 2;
    TaskSpec::given({}).when(command, full).then_rejected("WIP_LIMIT");
    command.column = id<ColumnId>(999);
    TaskSpec::given({}).when(command, facts()).then_rejected("VALIDATION_FAILED", {"/column"});
}

TEST(TaskDecider, RejectsAssigneesWhoAreNoMembersByTheirPlace) {
    auto command = create();
    command.assignees = {kAda, kBob, id<UserId>(3)};
    const std::array strangers{kBob, id<UserId>(3)};
    auto given = facts();
    given.strangers = strangers;
    TaskSpec::given({})
        .when(command, given)
        .then_rejected("VALIDATION_FAILED", {"/assignees/1", "/assignees/2"});
}

TEST(TaskDecider, RejectsADueDayBeforeTheStart) {
    auto command = create();
    command.start = test::date("2026-03-02");
    command.due = test::date("2026-03-01");
    TaskSpec::given({}).when(command, facts()).then_rejected("VALIDATION_FAILED", {"/due"});
}

TEST(TaskDecider, RejectsParentsThatAreMissingForeignOrTooDeep) {
    auto command = create();
    command.parent = id<TaskId>(50);
    auto given = facts();
    TaskSpec::given({}).when(command, given).then_rejected("VALIDATION_FAILED", {"/parent"});
    given.parent = ParentTask{.project_id = id<ProjectId>(999), .depth = 1};
    TaskSpec::given({}).when(command, given).then_rejected("VALIDATION_FAILED", {"/parent"});
    given.parent = ParentTask{.project_id = kProject, .depth = kTaskDepthMax};
    TaskSpec::given({}).when(command, given).then_rejected("VALIDATION_FAILED", {"/parent"});
}

TEST(TaskDecider, UpdatesWhatReallyChangesBeforeAndAfter) {
    const UpdateTask command{
        .title = text<TaskTitle>("Oil the lathe"),
        .description = Patch(text<TaskDescription>("Slowly")),
        .type = TaskType::bug,
        .priority = TaskPriority::high,
        .start = Patch(test::date("2026-03-01")),
        .due = Patch(test::date("2026-03-09")),
        .estimate_min = Patch(EstimateMinutes(30)),
        .labels = Patch(Listed<Label, 0, kLabelsMax>{text<Label>("oil"), text<Label>("oil")}),
    };
    TaskUpdated expected;
    expected.description = {std::nullopt, text<TaskDescription>("Slowly")};
    expected.type = {TaskType::task, TaskType::bug};
    expected.priority = {TaskPriority::none, TaskPriority::high};
    expected.start = {std::nullopt, test::date("2026-03-01")};
    expected.due = {std::nullopt, test::date("2026-03-09")};
    expected.estimate_min = {std::nullopt, EstimateMinutes(30)};
    expected.labels = {{}, {text<Label>("oil")}};
    TaskSpec::given({created()}).when(command, kBoard).then({expected});
}

TEST(TaskDecider, ClearsByNullAndLeavesWhatIsAbsent) {
    auto past = created();
    past.description = text<TaskDescription>("Slowly");
    past.due = test::date("2026-03-09");
    past.labels = {text<Label>("oil")};
    const UpdateTask command{
        .description = Patch<TaskDescription>::clear(),
        .labels = Patch<Listed<Label, 0, kLabelsMax>>::clear(),
    };
    TaskUpdated expected;
    expected.description = {past.description, std::nullopt};
    expected.labels = {{text<Label>("oil")}, {}};
    TaskSpec::given({past}).when(command, kBoard).then({expected});
}

TEST(TaskDecider, ComparesANewDayWithTheOneThatStays) {
    auto past = created();
    past.start = test::date("2026-03-05");
    TaskSpec::given({past})
        .when(UpdateTask{.due = Patch(test::date("2026-03-04"))}, kBoard)
        .then_rejected("VALIDATION_FAILED", {"/due"});
}

TEST(TaskDecider, ChangesNothingByAnEmptyUpdate) {
    TaskSpec::given({created()}).when(UpdateTask{}, kBoard).then_nothing();
}

TEST(TaskDecider, RejectsEveryWriteOutsideALiveProject) {
    const AssignTask assign{.members = {kAda}};
    const UnassignTask unassign{.members = {kAda}};
    const std::span<const UserId> nobody;
    const auto task = TaskSpec::given({created()});
    task.when(UpdateTask{}, kArchived).then_rejected("INVALID_STATE");
    task.when(assign, kArchived, nobody).then_rejected("INVALID_STATE");
    task.when(unassign, kArchived).then_rejected("INVALID_STATE");
    task.when(UpdateTask{}, kNoProject).then_rejected("NOT_FOUND");
    const auto missing = TaskSpec::given({});
    missing.when(UpdateTask{}, kBoard).then_rejected("NOT_FOUND");
    missing.when(assign, kBoard, nobody).then_rejected("NOT_FOUND");
    missing.when(unassign, kBoard).then_rejected("NOT_FOUND");
}

TEST(TaskDecider, AssignsThoseWhoAreNotYet) {
    auto past = created();
    past.assignees = {kAda};
    const std::span<const UserId> nobody;
    const auto task = TaskSpec::given({past});
    task.when(AssignTask{.members = {kAda, kBob, kBob}}, kBoard, nobody).then({TaskAssigned{{kBob}}});
    task.when(AssignTask{.members = {kAda}}, kBoard, nobody).then_nothing();
    const std::array strangers{kBob};
    task.when(AssignTask{.members = {kAda, kBob}}, kBoard, std::span<const UserId>(strangers))
        .then_rejected("VALIDATION_FAILED", {"/members/1"});
}

TEST(TaskDecider, RejectsMoreThanTenAssignees) {
    auto past = created();
    for (std::uint64_t i = 0; i < kAssigneesMax; ++i) past.assignees.push_back(id<UserId>(200 + i));
    const std::span<const UserId> nobody;
    TaskSpec::given({past})
        .when(AssignTask{.members = {kAda}}, kBoard, nobody)
        .then_rejected("VALIDATION_FAILED", {"/members"});
}

TEST(TaskDecider, UnassignsThoseWhoAre) {
    const auto task = TaskSpec::given({created(), TaskAssigned{{kAda, kBob}}});
    task.when(UnassignTask{.members = {kBob, id<UserId>(3)}}, kBoard).then({TaskUnassigned{{kBob}}});
    task.when(UnassignTask{.members = {id<UserId>(3)}}, kBoard).then_nothing();
}

}  // namespace
}  // namespace annals::projects
