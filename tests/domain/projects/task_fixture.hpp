#pragma once

#include "domain/projects/task.hpp"
#include "tests/support/decider_spec.hpp"
#include "tests/support/values.hpp"

// A small board for the task tests: to do, doing (at most two, blocking), done.
namespace annals::projects::fixture {

using test::id;
using test::instant;
using test::text;
using TaskSpec = test::Spec<Task>;

inline const ProjectId kProject = id<ProjectId>(100);
inline const ColumnId kTodo = id<ColumnId>(101);
inline const ColumnId kDoing = id<ColumnId>(102);
inline const ColumnId kDone = id<ColumnId>(103);
inline const UserId kAda = id<UserId>(1);
inline const UserId kBob = id<UserId>(2);
inline const Instant kNow = instant("2026-03-01T12:00:00Z");

inline Project::State board() {
    const auto column = [](ColumnId column_id, const char* name, TaskCategory category) {
        return Column{.id = column_id, .name = text<ColumnName>(name), .category = category};
    };
    Project::State project;
    project.created = true;
    project.key = text<ProjectKey>("WS");
    project.name = text<ProjectName>("Workshop");
    project.columns = {
        column(kTodo, "To do", TaskCategory::todo), column(kDoing, "Doing", TaskCategory::in_progress),
        column(kDone, "Done", TaskCategory::done)
    };
    project.columns[1].wip_limit = 2;
    project.columns[1].wip_mode = WipMode::block;
    return project;
}

inline Project::State archived_board() {
    Project::State project = board();
    project.archived = true;
    return project;
}

inline const Project::State kBoard = board();
inline const Project::State kArchived = archived_board();
inline const Project::State kNoProject{};

inline TaskCreated created() {
    return {
        .project_id = kProject,
        .number = 12,
        .key = "WS-12",
        .title = text<TaskTitle>("Oil the lathe"),
        .type = TaskType::task,
        .column_id = kTodo,
        .category = TaskCategory::todo,
        .priority = TaskPriority::none,
        .reporter = kAda,
        .rank = Rank::nth(5),
    };
}

inline TaskMoved moved(ColumnId column, TaskCategory category, std::uint64_t rank) {
    return {
        .old_column = kTodo,
        .new_column = column,
        .old_status = TaskCategory::todo,
        .new_status = category,
        .rank = {Rank::nth(5), Rank::nth(rank)},
    };
}

}  // namespace annals::projects::fixture
