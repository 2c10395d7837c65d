#include "domain/projects/task.hpp"
#include "tests/domain/projects/task_fixture.hpp"
#include "tests/support/decider_spec.hpp"
#include "tests/support/seed.hpp"

#include <algorithm>
#include <gtest/gtest.h>
#include <map>
#include <string>

namespace annals::projects {
namespace {

using namespace fixture;

const TaskId kOther = id<TaskId>(50);
const TaskId kAnother = id<TaskId>(51);

/// The end of the column as it was when the fixture's task, nth(5), had been appended to it.
MoveTaskFacts facts(const Project::State& project = kBoard) {
    return {
        .project = project,
        .now = kNow,
        .last_appended = Rank::nth(5),
        .end_of_column = Rank::nth(6),
    };
}

TaskMoved to(ColumnId column, TaskCategory category, const Rank& rank) {
    TaskMoved expected = moved(column, category, 1);
    expected.rank.after = rank;
    return expected;
}

/// Facts after the move: the end rank that was used up is the last one appended now. Without this the law of
/// idempotence would be asked of a world that did not see the move.
MoveTaskFacts after_append(MoveTaskFacts before) {
    before.last_appended = before.end_of_column;
    before.end_of_column = Rank::nth(7);
    return before;
}

TEST(TaskMoveDecider, MovesToTheEndOfAnotherColumn) {
    auto given = facts();
    given.tasks_in_column = 1;
    TaskSpec::given({created()})
        .when(MoveTask{.column = kDoing}, given)
        .may_repeat()
        .then({to(kDoing, TaskCategory::in_progress, Rank::nth(6))});
    TaskSpec::given({created(), to(kDoing, TaskCategory::in_progress, Rank::nth(6))})
        .when(MoveTask{.column = kDoing}, after_append(given))
        .then_nothing();
}

TEST(TaskMoveDecider, MovesToTheEndOfItsOwnColumnUnlessItIsThere) {
    TaskSpec::given({created()}).when(MoveTask{.column = kTodo}, facts()).then_nothing();
    auto another_came = facts();
    another_came.last_appended = Rank::nth(6);
    another_came.end_of_column = Rank::nth(7);
    TaskSpec::given({created()})
        .when(MoveTask{.column = kTodo}, another_came)
        .may_repeat()
        .then({to(kTodo, TaskCategory::todo, Rank::nth(7))});
}

TEST(TaskMoveDecider, RejectsAFullColumnButNotPlacesInsideIt) {
    auto full = facts();
    full.tasks_in_column = 2;
    TaskSpec::given({created()}).when(MoveTask{.column = kDoing}, full).then_rejected("WIP_LIMIT");
    full.before = Rank::nth(3);
    TaskSpec::given({created(), moved(kDoing, TaskCategory::in_progress, 5)})
        .when(MoveTask{.column = kDoing, .before = kOther}, full)
        .then({TaskMoved{
            .old_column = kDoing,
            .new_column = kDoing,
            .old_status = TaskCategory::in_progress,
            .new_status = TaskCategory::in_progress,
            .rank = {Rank::nth(5), *Rank::between({}, Rank::nth(3))},
        }});
}

TEST(TaskMoveDecider, LetsAColumnThatOnlyWarnsOverflow) {
    Project::State warning = board();
    warning.columns[1].wip_mode = WipMode::warn;
    auto full = facts(warning);
    full.tasks_in_column = 2;
    TaskSpec::given({created()})
        .when(MoveTask{.column = kDoing}, full)
        .may_repeat()
        .then({to(kDoing, TaskCategory::in_progress, Rank::nth(6))});
}

TEST(TaskMoveDecider, RejectsUnknownColumnsAndNeighboursElsewhere) {
    const auto task = TaskSpec::given({created()});
    task.when(MoveTask{.column = id<ColumnId>(999)}, facts()).then_rejected("VALIDATION_FAILED", {"/column"});
    task.when(MoveTask{.column = kDoing, .before = kOther}, facts())
        .then_rejected("VALIDATION_FAILED", {"/before"});
    task.when(MoveTask{.column = kDoing, .after = kOther}, facts())
        .then_rejected("VALIDATION_FAILED", {"/after"});
    auto wrong_order = facts();
    wrong_order.before = Rank::nth(1);
    wrong_order.after = Rank::nth(2);
    task.when(MoveTask{.column = kDoing, .before = kOther, .after = kAnother}, wrong_order)
        .then_rejected("VALIDATION_FAILED", {"/before"});
}

TEST(TaskMoveDecider, PutsTheTaskDirectlyBesideOthers) {
    auto given = facts();
    given.before = Rank::nth(3);
    given.next_smaller = Rank::nth(2);
    const auto task = TaskSpec::given({created()});
    task.when(MoveTask{.column = kTodo, .before = kOther}, given)
        .then({to(kTodo, TaskCategory::todo, *Rank::between(Rank::nth(2), Rank::nth(3)))});
    auto behind = facts();
    behind.after = Rank::nth(2);
    behind.next_greater = Rank::nth(3);
    task.when(MoveTask{.column = kTodo, .after = kOther}, behind)
        .then({to(kTodo, TaskCategory::todo, *Rank::between(Rank::nth(2), Rank::nth(3)))});
    behind.before = Rank::nth(4);
    task.when(MoveTask{.column = kTodo, .before = kOther, .after = kAnother}, behind)
        .then({to(kTodo, TaskCategory::todo, *Rank::between(Rank::nth(2), Rank::nth(4)))});
}

TEST(TaskMoveDecider, LeavesATaskThatIsInItsPlace) {
    auto given = facts();
    given.before = Rank::nth(6);
    given.next_smaller = Rank::nth(5);
    const auto task = TaskSpec::given({created()});
    task.when(MoveTask{.column = kTodo, .before = kOther}, given).then_nothing();
    auto behind = facts();
    behind.after = Rank::nth(4);
    behind.next_greater = Rank::nth(5);
    task.when(MoveTask{.column = kTodo, .after = kOther}, behind).then_nothing();
    behind.before = Rank::nth(6);
    task.when(MoveTask{.column = kTodo, .before = kOther, .after = kAnother}, behind).then_nothing();
}

TEST(TaskMoveDecider, AppendsBehindTheLastTask) {
    auto given = facts();
    given.after = Rank::nth(4);
    TaskSpec::given({created()})
        .when(MoveTask{.column = kDoing, .after = kOther}, given)
        .then({to(kDoing, TaskCategory::in_progress, Rank::nth(6))});
}

TEST(TaskMoveDecider, RejectsAPlaceThatIsUsedUp) {
    auto given = facts();
    given.before = Rank::trusted("e10001" + std::string(58, '0') + "1");
    given.next_smaller = Rank::nth(1);
    TaskSpec::given({created()})
        .when(MoveTask{.column = kDoing, .before = kOther}, given)
        .then_rejected("INVALID_STATE");
}

TEST(TaskMoveDecider, IsCompletedOnEnteringADoneColumnAndNotAfterLeavingIt) {
    auto expected = to(kDone, TaskCategory::done, Rank::nth(6));
    expected.completed_at = kNow;
    TaskSpec::given({created()}).when(MoveTask{.column = kDone}, facts()).may_repeat().then({expected});

    auto inside = facts();
    inside.now = kNow + 1;
    inside.before = Rank::nth(3);
    const auto done = TaskSpec::given({created(), expected});
    done.when(MoveTask{.column = kDone, .before = kOther}, inside)
        .then({TaskMoved{
            .old_column = kDone,
            .new_column = kDone,
            .old_status = TaskCategory::done,
            .new_status = TaskCategory::done,
            .rank = {Rank::nth(6), *Rank::between({}, Rank::nth(3))},
            .completed_at = kNow,
        }});
    done.when(MoveTask{.column = kTodo}, facts())
        .may_repeat()
        .then({TaskMoved{
            .old_column = kDone,
            .new_column = kTodo,
            .old_status = TaskCategory::done,
            .new_status = TaskCategory::todo,
            .rank = {Rank::nth(6), Rank::nth(6)},
        }});
}

TEST(TaskMoveDecider, RejectsMovesOutsideALiveProject) {
    TaskSpec::given({created()})
        .when(MoveTask{.column = kDoing}, facts(kArchived))
        .then_rejected("INVALID_STATE");
    TaskSpec::given({}).when(MoveTask{.column = kDoing}, facts()).then_rejected("NOT_FOUND");
}

/// A board kept by the test beside the decider: what a reader of the events would show.
class RandomBoard {
public:
    explicit RandomBoard(test::Seeded& chance) : chance_(chance) {
        for (std::uint64_t i = 0; i < 12; ++i) {
            TaskCreated start = created();
            start.rank = Rank::nth(++appended_[kTodo]);
            tasks_.emplace(id<TaskId>(1'000 + i), Task::evolve(Task::initial(), start));
        }
    }

    void step() {
        const auto moving = std::next(tasks_.begin(), chance_.number(0, 11));
        MoveTask command{.column = chance_.one_of(std::array{kTodo, kDoing, kDone})};
        const auto column = in_column(command.column, moving->first);
        MoveTaskFacts given = column_facts(command.column, column.size());
        const std::size_t place =
            static_cast<std::size_t>(chance_.number(0, static_cast<std::int64_t>(column.size())));
        if (place < column.size()) {
            command.before = column[place];
            given.before = tasks_[column[place]].rank;
            if (place > 0) given.next_smaller = tasks_[column[place - 1]].rank;
        } else if (!column.empty() && chance_.coin()) {
            command.after = column.back();
            given.after = tasks_[column.back()].rank;
        }
        const auto decision = Task::decide(moving->second, command, given);
        if (!decision) {
            ASSERT_TRUE(decision.error().code == "WIP_LIMIT" || decision.error().code == "INVALID_STATE");
            return;
        }
        for (const auto& event : *decision) {
            moving->second = Task::evolve(moving->second, event);
            if (moving->second.rank == given.end_of_column) ++appended_[command.column];
        }
        const auto now = in_column(command.column, {});
        ASSERT_EQ(moving->first, now[place]) << "the task is where it was put";
        ASSERT_LE(in_column(kDoing, {}).size(), 2U) << "a blocking column never overflows";
        ASSERT_EQ(moving->second.completed_at.has_value(), command.column == kDone);
    }

private:
    std::vector<TaskId> in_column(ColumnId column, TaskId without) {
        std::vector<TaskId> found;
        for (const auto& [task, state] : tasks_) {
            if (state.column_id == column && task != without) found.push_back(task);
        }
        std::ranges::sort(found, {}, [&](TaskId task) { return std::pair(tasks_[task].rank.str(), task); });
        return found;
    }

    MoveTaskFacts column_facts(ColumnId column, std::size_t tasks) {
        return {
            .project = kBoard,
            .now = kNow,
            .tasks_in_column = static_cast<std::int64_t>(tasks),
            .last_appended = Rank::nth(appended_[column]),
            .end_of_column = Rank::nth(appended_[column] + 1),
        };
    }

    test::Seeded& chance_;
    std::map<TaskId, Task::State> tasks_;
    std::map<ColumnId, std::uint64_t> appended_;
};

TEST(TaskMoveDecider, KeepsEveryBoardInOrderWhateverIsMoved) {
    test::Seeded chance;
    RandomBoard board_under_test(chance);
    for (int step = 0; step < 3'000; ++step) {
        board_under_test.step();
        if (testing::Test::HasFatalFailure()) return;
    }
}

}  // namespace
}  // namespace annals::projects
