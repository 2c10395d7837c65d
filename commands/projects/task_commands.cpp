#include "commands/projects/task_commands.hpp"

#include "commands/kernel/command_table.hpp"
#include "commands/organizations/members.hpp"
#include "commands/projects/board_counters.hpp"
#include "domain/projects/task.hpp"

#include <array>
#include <variant>
#include <vector>

namespace annals::projects {
namespace {

using organizations::Permission;
using organizations::strangers_among;

const Project::State& project_of(CommandScope& scope, ProjectId project) {
    return *scope.load<Project>(scope.realm(), project.value).first;
}

/// The task named as a parent and how deep it is, looked up no further than the limit.
std::optional<ParentTask> parent_task(CommandScope& scope, const std::optional<TaskId>& named) {
    if (!named) return std::nullopt;
    const auto* task = scope.load<Task>(scope.realm(), named->value).first;
    if (!task->created) return std::nullopt;
    ParentTask parent{.project_id = task->project_id, .depth = 1};
    while (task->parent && parent.depth < kTaskDepthMax) {
        task = scope.load<Task>(scope.realm(), task->parent->value).first;
        ++parent.depth;
    }
    return parent;
}

Handled create_task(CommandScope& scope, const CreateTask& command) {
    BoardCounters counters(scope);
    const auto& project = project_of(scope, command.project_id);
    const Column* column = Task::starting_column(project, command);
    std::vector<UserId> strangers;
    if (command.assignees) strangers = strangers_among(scope, *command.assignees);
    CreateTaskFacts facts{
        .project = project,
        .reporter = scope.user(),
        .number = counters.next_number(command.project_id),
        .strangers = strangers,
        .parent = parent_task(scope, command.parent),
    };
    if (column != nullptr) {
        facts.tasks_in_column = counters.tasks_in(column->id);
        facts.end_of_column = counters.end_of(column->id);
    }
    auto created = scope.append<Task>(Task::decide(scope.load_target<Task>(), command, facts));
    if (!created) return created;
    counters.took_number(command.project_id, facts.number);
    counters.entered(column->id);
    counters.placed(column->id, facts.end_of_column);
    return {};
}

Handled update_task(CommandScope& scope, const UpdateTask& command) {
    const auto& task = scope.load_target<Task>();
    return scope.append<Task>(Task::decide(task, command, project_of(scope, task.project_id)));
}

/// The rank of another task if it is in that column of the moved task's project.
std::optional<Rank> rank_in_column(
    CommandScope& scope, const std::optional<TaskId>& named, const Task::State& moved, ColumnId column
) {
    if (!named || named->value == scope.target()) return std::nullopt;
    const auto& task = *scope.load<Task>(scope.realm(), named->value).first;
    if (!task.created || task.project_id != moved.project_id || task.column_id != column) return std::nullopt;
    return task.rank;
}

/// The nearest rank in front of (or behind) another, as the query tables show it. They may lag: then the task
/// stands near its neighbour instead of beside it, and never in a wrong order.
std::optional<Rank> neighbour(
    CommandScope& scope, const Task::State& moved, ColumnId column, const std::optional<Rank>& rank,
    bool in_front
) {
    if (!rank) return std::nullopt;
    auto found = scope.neighbour_rank(moved.project_id.value, column.value, rank->str(), in_front);
    if (!found) return std::nullopt;
    return Rank::trusted(std::move(*found));
}

Handled move_task(CommandScope& scope, const MoveTask& command) {
    BoardCounters counters(scope);
    const auto& task = scope.load_target<Task>();
    MoveTaskFacts facts{
        .project = project_of(scope, task.project_id),
        .now = scope.now(),
        .tasks_in_column = counters.tasks_in(command.column),
        .last_appended = counters.last_appended(command.column),
        .end_of_column = counters.end_of(command.column),
        .before = rank_in_column(scope, command.before, task, command.column),
        .after = rank_in_column(scope, command.after, task, command.column),
    };
    if (!command.after) facts.next_smaller = neighbour(scope, task, command.column, facts.before, true);
    if (!command.before) facts.next_greater = neighbour(scope, task, command.column, facts.after, false);
    auto decision = Task::decide(task, command, facts);
    if (decision && !decision->empty()) {
        const auto& moved = std::get<TaskMoved>(decision->front());
        if (moved.old_column != moved.new_column) {
            counters.left(moved.old_column);
            counters.entered(moved.new_column);
        }
        counters.placed(moved.new_column, moved.rank.after);
    }
    return scope.append<Task>(std::move(decision));
}

Handled assign_task(CommandScope& scope, const AssignTask& command) {
    const auto& task = scope.load_target<Task>();
    const std::vector<UserId> strangers = strangers_among(scope, command.members);
    return scope.append<Task>(Task::decide(task, command, project_of(scope, task.project_id), strangers));
}

Handled unassign_task(CommandScope& scope, const UnassignTask& command) {
    const auto& task = scope.load_target<Task>();
    return scope.append<Task>(Task::decide(task, command, project_of(scope, task.project_id)));
}

}  // namespace

std::span<const CommandType> task_commands() {
    static const std::array kCommands{
        command_row<Task, &create_task>(Target::creates, Access::permission, Permission::task_create),
        command_row<Task, &update_task>(Target::existing, Access::permission, Permission::task_update),
        command_row<Task, &move_task>(Target::existing, Access::permission, Permission::task_move),
        command_row<Task, &assign_task>(Target::existing, Access::permission, Permission::task_assign),
        command_row<Task, &unassign_task>(Target::existing, Access::permission, Permission::task_assign),
    };
    return kCommands;
}

}  // namespace annals::projects
