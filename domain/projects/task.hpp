#pragma once

#include "domain/kernel/decider.hpp"
#include "domain/kernel/ids.hpp"
#include "domain/kernel/rank.hpp"
#include "domain/kernel/time.hpp"
#include "domain/projects/commands.hpp"
#include "domain/projects/events.hpp"
#include "domain/projects/project.hpp"

#include <boost/describe/class.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <variant>
#include <vector>

namespace annals::projects {

/// The task a new one shall be a part of.
struct ParentTask {
    ProjectId project_id{};
    std::size_t depth{1};  ///< 1 for a task without a parent
};

/// What a new task depends on beside its command.
struct CreateTaskFacts {
    const Project::State& project;
    UserId reporter{};
    std::int64_t number{1};               ///< the project's next one
    std::int64_t tasks_in_column{0};      ///< of the column the task will start in, see Task::starting_column
    Rank end_of_column{};                 ///< a rank behind every task of that column
    std::span<const UserId> strangers{};  ///< those assignees who are no members of the organization
    std::optional<ParentTask> parent{};   ///< nothing when the command names none, or one that does not exist
};

/// What a move depends on beside the task. Ranks of neighbours are nothing when there is none, or when the
/// task that the command names is not in the column moved to.
struct MoveTaskFacts {
    const Project::State& project;
    Instant now{};
    std::int64_t tasks_in_column{0};  ///< of the column moved to
    Rank last_appended{};             ///< the rank last given out at the end of that column
    Rank end_of_column{};             ///< a rank behind every task of that column
    std::optional<Rank> before{};     ///< of the task the command calls `before`
    std::optional<Rank> after{};      ///< of the task the command calls `after`
    std::optional<Rank> next_smaller{
    };  ///< the nearest rank in front of `before`; may be the moved task's own
    std::optional<Rank> next_greater{};  ///< the nearest rank behind `after`; may be the moved task's own
};

/// A task on a project's board.
struct Task {
    static constexpr std::string_view kCategory = "task";

    using Event = std::variant<TaskCreated, TaskUpdated, TaskMoved, TaskAssigned, TaskUnassigned>;
    struct State {
        bool created{false};
        ProjectId project_id{};
        TaskTitle title{};
        std::optional<TaskDescription> description{};
        TaskType type{};
        ColumnId column_id{};
        TaskCategory category{};
        TaskPriority priority{};
        std::vector<UserId> assignees{};
        std::optional<Date> start{};
        std::optional<Date> due{};
        std::optional<EstimateMinutes> estimate_min{};
        std::vector<Label> labels{};
        std::optional<TaskId> parent{};
        Rank rank{};
        std::optional<Instant> completed_at{};
        friend bool operator==(const State&, const State&) = default;
    };

    static State initial() { return {}; }
    static State evolve(State state, const Event& event);

    // Every write of an archived project's task is INVALID_STATE, of a project that is not there NOT_FOUND.

    /// WIP_LIMIT when the column blocks and is full; VALIDATION_FAILED for an unknown column, an assignee who
    /// is no member, a due day before the start, or a parent of another project or already kTaskDepthMax
    /// deep.
    static Decision<Event> decide(
        const State& state, const CreateTask& command, const CreateTaskFacts& facts
    );
    /// Only what really changes is in the event.
    static Decision<Event> decide(
        const State& state, const UpdateTask& command, const Project::State& project
    );
    /// WIP_LIMIT when the column moved to blocks and is full; places inside the task's own column are free.
    /// INVALID_STATE when there is no rank left between two neighbours.
    static Decision<Event> decide(const State& state, const MoveTask& command, const MoveTaskFacts& facts);
    /// `strangers`: those of the named people who are no members of the organization.
    static Decision<Event> decide(
        const State& state, const AssignTask& command, const Project::State& project,
        std::span<const UserId> strangers
    );
    static Decision<Event> decide(
        const State& state, const UnassignTask& command, const Project::State& project
    );

    /// The column a new task starts in: the one the command names, or the board's first. Null when there is
    /// none such.
    static const Column* starting_column(const Project::State& project, const CreateTask& command);
};
BOOST_DESCRIBE_STRUCT(
    Task::State, (),
    (created, project_id, title, description, type, column_id, category, priority, assignees, start, due,
     estimate_min, labels, parent, rank, completed_at)
)

}  // namespace annals::projects
