#include "domain/projects/task.hpp"

#include "domain/kernel/overloaded.hpp"

#include <algorithm>
#include <string>

namespace annals::projects {
namespace {

using Events = std::vector<Task::Event>;

template <class T>
bool contains(std::span<const T> list, const T& value) {
    return std::ranges::find(list, value) != list.end();
}

/// The items in their order, each once.
template <class T>
std::vector<T> distinct(std::span<const T> items) {
    std::vector<T> once;
    for (const T& item : items) {
        if (!contains<T>(once, item)) once.push_back(item);
    }
    return once;
}

template <class List>
auto items_of(const std::optional<List>& list) {
    using Item = typename List::value_type;
    return list ? distinct<Item>(*list) : std::vector<Item>{};
}

/// An empty description says nothing, which is no description.
std::optional<TaskDescription> said(std::optional<TaskDescription> description) {
    if (description && description->empty()) description.reset();
    return description;
}

std::optional<Rejection> closed(const Project::State& project) {
    if (!project.created) return reject("NOT_FOUND", "there is no such project");
    if (project.archived) return reject("INVALID_STATE", "the project is archived");
    return std::nullopt;
}

/// Why no task of this project can be written at all, if so.
std::optional<Rejection> closed(const Task::State& task, const Project::State& project) {
    if (!task.created) return reject("NOT_FOUND", "there is no such task");
    return closed(project);
}

std::optional<Rejection> full(const Column& column, std::int64_t tasks) {
    if (column.wip_mode != WipMode::block || !column.wip_limit || tasks < column.wip_limit->value)
        return std::nullopt;
    return reject(
        "WIP_LIMIT", "the column '" + column.name.str() + "' holds its limit of " +
                         std::to_string(column.wip_limit->value) + " tasks"
    );
}

std::optional<Rejection> unknown_people(
    std::string_view field, std::span<const UserId> people, std::span<const UserId> strangers
) {
    Rejection rejection = reject("VALIDATION_FAILED", "a person is no member of the organization");
    for (std::size_t i = 0; i < people.size(); ++i) {
        if (!contains(strangers, people[i])) continue;
        rejection.faults.push_back(
            {'/' + std::string(field) + '/' + std::to_string(i), "not_a_member", "the person is no member"}
        );
    }
    if (rejection.faults.empty()) return std::nullopt;
    return rejection;
}

std::optional<Rejection> wrong_order(const std::optional<Date>& start, const std::optional<Date>& due) {
    if (!start || !due || *start <= *due) return std::nullopt;
    return reject_field("/due", "before_start", "the due day is before the start");
}

std::optional<Rejection> wrong_parent(const CreateTask& command, const CreateTaskFacts& facts) {
    if (!command.parent) return std::nullopt;
    if (!facts.parent || facts.parent->project_id != command.project_id) {
        return reject_field("/parent", "unknown", "the project has no such task");
    }
    if (facts.parent->depth >= kTaskDepthMax) {
        return reject_field("/parent", "too_deep", "tasks can be parts of each other five deep");
    }
    return std::nullopt;
}

std::optional<Rejection> fault_in(
    const CreateTask& command, const CreateTaskFacts& facts, const Column* column
) {
    if (auto rejection = closed(facts.project)) return rejection;
    if (column == nullptr) return reject_field("/column", "unknown", "the project has no such column");
    if (auto rejection = wrong_order(command.start, command.due)) return rejection;
    if (command.assignees) {
        if (auto rejection = unknown_people("assignees", *command.assignees, facts.strangers))
            return rejection;
    }
    if (auto rejection = wrong_parent(command, facts)) return rejection;
    return full(*column, facts.tasks_in_column);
}

/// The gap a move puts the task into. Bounds by name belong to another task; bounds by neighbourhood may be
/// the moved task's own rank, which then is in its place already.
struct Gap {
    std::optional<Rank> above{};
    std::optional<Rank> below{};
    bool above_named{false};
    bool below_named{false};

    [[nodiscard]] bool holds(const Rank& rank) const {
        const bool after_above = !above || (above_named ? *above < rank : *above <= rank);
        const bool before_below = !below || (below_named ? rank < *below : rank <= *below);
        return after_above && before_below;
    }
};

Gap gap_of(const MoveTask& command, const MoveTaskFacts& facts) {
    if (command.before && command.after) return {facts.after, facts.before, true, true};
    if (command.before) return {facts.next_smaller, facts.before, false, true};
    return {facts.after, facts.next_greater, true, false};
}

std::optional<Rejection> unknown_neighbour(const MoveTask& command, const MoveTaskFacts& facts) {
    if (command.before && !facts.before) {
        return reject_field("/before", "unknown", "the column has no such other task");
    }
    if (command.after && !facts.after)
        return reject_field("/after", "unknown", "the column has no such other task");
    if (command.before && command.after && *facts.after >= *facts.before) {
        return reject_field("/before", "wrong_order", "`before` stands in front of `after` in this column");
    }
    return std::nullopt;
}

/// The rank the task gets: its own when it is in that place already.
std::expected<Rank, Rejection> new_rank(
    const Task::State& state, const MoveTask& command, const MoveTaskFacts& facts
) {
    const bool same_column = state.column_id == command.column;
    if (!command.before && !command.after) {
        const bool at_end = same_column && state.rank == facts.last_appended;
        return at_end ? state.rank : facts.end_of_column;
    }
    const Gap gap = gap_of(command, facts);
    if (same_column && gap.holds(state.rank)) return state.rank;
    // Behind the last task is the end of the column, so that the end stays where the next one is appended.
    if (!gap.below) return facts.end_of_column;
    const auto rank = Rank::between(gap.above, gap.below);
    if (!rank)
        return std::unexpected(reject("INVALID_STATE", "there is no place left between these two tasks"));
    return *rank;
}

/// `field` changed when the command names it and it is another value.
template <class T>
void note(std::optional<Change<T>>& change, const T& before, bool named, const T& after) {
    if (named && before != after) change = Change<T>{before, after};
}

TaskUpdated changes(const Task::State& state, const UpdateTask& command) {
    TaskUpdated updated;
    note(updated.title, state.title, command.title.has_value(), command.title.value_or(state.title));
    note(
        updated.description, state.description, command.description.present, said(command.description.value)
    );
    note(updated.type, state.type, command.type.has_value(), command.type.value_or(state.type));
    note(
        updated.priority, state.priority, command.priority.has_value(),
        command.priority.value_or(state.priority)
    );
    note(updated.start, state.start, command.start.present, command.start.value);
    note(updated.due, state.due, command.due.present, command.due.value);
    note(updated.estimate_min, state.estimate_min, command.estimate_min.present, command.estimate_min.value);
    note(updated.labels, state.labels, command.labels.present, items_of(command.labels.value));
    return updated;
}

void apply(Task::State& state, const TaskUpdated& updated) {
    if (updated.title) state.title = updated.title->after;
    if (updated.description) state.description = updated.description->after;
    if (updated.type) state.type = updated.type->after;
    if (updated.priority) state.priority = updated.priority->after;
    if (updated.start) state.start = updated.start->after;
    if (updated.due) state.due = updated.due->after;
    if (updated.estimate_min) state.estimate_min = updated.estimate_min->after;
    if (updated.labels) state.labels = updated.labels->after;
}

void apply(Task::State& state, const TaskCreated& created) {
    state.created = true;
    state.project_id = created.project_id;
    state.title = created.title;
    state.description = created.description;
    state.type = created.type;
    state.column_id = created.column_id;
    state.category = created.category;
    state.priority = created.priority;
    state.assignees = created.assignees;
    state.start = created.start;
    state.due = created.due;
    state.estimate_min = created.estimate_min;
    state.labels = created.labels;
    state.parent = created.parent;
    state.rank = created.rank;
}

}  // namespace

static_assert(Decider<Task>);

Task::State Task::evolve(State state, const Event& event) {
    std::visit(
        Overloaded{
            [&](const TaskCreated& created) { apply(state, created); },
            [&](const TaskUpdated& updated) { apply(state, updated); },
            [&](const TaskMoved& moved) {
                state.column_id = moved.new_column;
                state.category = moved.new_status;
                state.rank = moved.rank.after;
                state.completed_at = moved.completed_at;
            },
            [&](const TaskAssigned& assigned) {
                state.assignees.insert(
                    state.assignees.end(), assigned.members.begin(), assigned.members.end()
                );
            },
            [&](const TaskUnassigned& unassigned) {
                std::erase_if(state.assignees, [&](UserId user) {
                    return contains<UserId>(unassigned.members, user);
                });
            },
        },
        event
    );
    return state;
}

Decision<Task::Event> Task::decide(
    const State& state, const CreateTask& command, const CreateTaskFacts& facts
) {
    if (state.created) return std::unexpected(reject("DUPLICATE", "the task exists already"));
    const Column* column = starting_column(facts.project, command);
    if (auto rejection = fault_in(command, facts, column)) return std::unexpected(std::move(*rejection));
    return {{TaskCreated{
        .project_id = command.project_id,
        .number = facts.number,
        .key = facts.project.key.str() + '-' + std::to_string(facts.number),
        .title = command.title,
        .description = said(command.description),
        .type = command.type.value_or(TaskType::task),
        .column_id = column->id,
        .category = column->category,
        .priority = command.priority.value_or(TaskPriority::none),
        .assignees = items_of(command.assignees),
        .reporter = facts.reporter,
        .start = command.start,
        .due = command.due,
        .estimate_min = command.estimate_min,
        .labels = items_of(command.labels),
        .parent = command.parent,
        .rank = facts.end_of_column,
    }}};
}

Decision<Task::Event> Task::decide(
    const State& state, const UpdateTask& command, const Project::State& project
) {
    if (auto rejection = closed(state, project)) return std::unexpected(std::move(*rejection));
    TaskUpdated updated = changes(state, command);
    const auto start = updated.start ? updated.start->after : state.start;
    const auto due = updated.due ? updated.due->after : state.due;
    if (auto rejection = wrong_order(start, due)) return std::unexpected(std::move(*rejection));
    if (updated == TaskUpdated{}) return Events{};
    return {{std::move(updated)}};
}

Decision<Task::Event> Task::decide(const State& state, const MoveTask& command, const MoveTaskFacts& facts) {
    if (auto rejection = closed(state, facts.project)) return std::unexpected(std::move(*rejection));
    const Column* column = Project::find_column(facts.project, command.column);
    if (column == nullptr) {
        return std::unexpected(reject_field("/column", "unknown", "the project has no such column"));
    }
    if (auto rejection = unknown_neighbour(command, facts)) return std::unexpected(std::move(*rejection));
    const bool same_column = state.column_id == command.column;
    if (!same_column) {
        if (auto rejection = full(*column, facts.tasks_in_column))
            return std::unexpected(std::move(*rejection));
    }
    auto rank = new_rank(state, command, facts);
    if (!rank) return std::unexpected(std::move(rank).error());
    if (same_column && *rank == state.rank) return Events{};
    const bool stays_done = state.category == TaskCategory::done && state.completed_at.has_value();
    std::optional<Instant> completed_at;
    if (column->category == TaskCategory::done) completed_at = stays_done ? state.completed_at : facts.now;
    return {{TaskMoved{
        .old_column = state.column_id,
        .new_column = command.column,
        .old_status = state.category,
        .new_status = column->category,
        .rank = {.before = state.rank, .after = std::move(*rank)},
        .completed_at = completed_at,
    }}};
}

Decision<Task::Event> Task::decide(
    const State& state, const AssignTask& command, const Project::State& project,
    std::span<const UserId> strangers
) {
    if (auto rejection = closed(state, project)) return std::unexpected(std::move(*rejection));
    if (auto rejection = unknown_people("members", command.members, strangers)) {
        return std::unexpected(std::move(*rejection));
    }
    std::vector<UserId> added = distinct<UserId>(command.members);
    std::erase_if(added, [&](UserId user) { return contains<UserId>(state.assignees, user); });
    if (added.empty()) return Events{};
    if (state.assignees.size() + added.size() > kAssigneesMax) {
        return std::unexpected(reject_field(
            "/members", "too_many", "a task has at most " + std::to_string(kAssigneesMax) + " assignees"
        ));
    }
    return {{TaskAssigned{.members = std::move(added)}}};
}

Decision<Task::Event> Task::decide(
    const State& state, const UnassignTask& command, const Project::State& project
) {
    if (auto rejection = closed(state, project)) return std::unexpected(std::move(*rejection));
    std::vector<UserId> removed = distinct<UserId>(command.members);
    std::erase_if(removed, [&](UserId user) { return !contains<UserId>(state.assignees, user); });
    if (removed.empty()) return Events{};
    return {{TaskUnassigned{.members = std::move(removed)}}};
}

const Column* Task::starting_column(const Project::State& project, const CreateTask& command) {
    if (command.column) return Project::find_column(project, *command.column);
    return project.columns.empty() ? nullptr : &project.columns.front();
}

}  // namespace annals::projects
