#pragma once

#include "domain/projects/events.hpp"
#include "tests/support/values.hpp"

// Events of projects and tasks with little to say about each.
namespace annals::test {

inline const ColumnId kTodo{uuid(901)};
inline const ColumnId kDoing{uuid(902)};
inline const ColumnId kDone{uuid(903)};

inline projects::ProjectCreated project_created(std::string_view key, std::string_view name) {
    using namespace projects;
    ProjectCreated event;
    event.key = text<ProjectKey>(key);
    event.name = text<ProjectName>(name);
    event.type = ProjectType::kanban;
    event.columns = {
        Column{kTodo, text<ColumnName>("To do"), TaskCategory::todo, {}, WipMode::off},
        Column{kDoing, text<ColumnName>("Doing"), TaskCategory::in_progress, WipLimit{1}, WipMode::warn},
        Column{kDone, text<ColumnName>("Done"), TaskCategory::done, {}, WipMode::off},
    };
    return event;
}

inline projects::TaskCreated task_created(ProjectId project, std::int64_t number, std::string_view title) {
    using namespace projects;
    TaskCreated event;
    event.project_id = project;
    event.number = number;
    event.key = "WS-" + std::to_string(number);
    event.title = text<TaskTitle>(title);
    event.type = TaskType::task;
    event.column_id = kTodo;
    event.category = TaskCategory::todo;
    event.priority = TaskPriority::medium;
    event.reporter = UserId{uuid(7)};
    event.rank = Rank::nth(static_cast<std::uint64_t>(number));
    return event;
}

inline projects::TaskMoved task_moved(
    ColumnId from, ColumnId to, projects::TaskCategory now, std::uint64_t rank
) {
    projects::TaskMoved event;
    event.old_column = from;
    event.new_column = to;
    event.new_status = now;
    event.rank = {Rank::nth(1), Rank::nth(rank)};
    return event;
}

}  // namespace annals::test
