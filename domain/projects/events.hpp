#pragma once

#include "domain/contract/docs.hpp"
#include "domain/kernel/change.hpp"
#include "domain/kernel/ids.hpp"
#include "domain/kernel/rank.hpp"
#include "domain/kernel/time.hpp"
#include "domain/projects/values.hpp"

#include <array>
#include <boost/describe/class.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// These structs are stored for ever: never rename or reshape one. A change is a new schema version and an
// upcaster.
namespace annals::projects {

/// A column of a project's board.
struct Column {
    ColumnId id{};
    ColumnName name{};
    TaskCategory category{};
    std::optional<WipLimit> wip_limit{};
    WipMode wip_mode{};
    friend bool operator==(const Column&, const Column&) = default;
};
BOOST_DESCRIBE_STRUCT(Column, (), (id, name, category, wip_limit, wip_mode))
constexpr auto contract_docs(const Column*) {
    return std::array{
        contract::FieldDoc{"id", "the column's id"},
        contract::FieldDoc{"name", "what people call the column"},
        contract::FieldDoc{"category", "what being in the column means for a task"},
        contract::FieldDoc{"wip_limit", "how many tasks the column holds; as many as you like when left out"},
        contract::FieldDoc{"wip_mode", "what happens when the column is full"},
    };
}

struct ProjectCreated {
    static constexpr std::string_view kType = "prj.ProjectCreated";
    static constexpr std::uint16_t kSchemaVersion = 1;
    ProjectKey key{};
    ProjectName name{};
    std::optional<ProjectDescription> description{};
    ProjectType type{};
    std::optional<UserId> lead{};
    std::vector<Column> columns{};
    friend bool operator==(const ProjectCreated&, const ProjectCreated&) = default;
};
BOOST_DESCRIBE_STRUCT(ProjectCreated, (), (key, name, description, type, lead, columns))
constexpr auto contract_docs(const ProjectCreated*) {
    return std::array{
        contract::FieldDoc{"key", "the prefix of the project's task keys; unique in the organization"},
        contract::FieldDoc{"name", "what people call the project"},
        contract::FieldDoc{"description", "what the project is about, in Markdown"},
        contract::FieldDoc{"type", "how the project works"},
        contract::FieldDoc{"lead", "the member who leads the project"},
        contract::FieldDoc{"columns", "the board's columns from left to right"},
    };
}

struct ProjectUpdated {
    static constexpr std::string_view kType = "prj.ProjectUpdated";
    static constexpr std::uint16_t kSchemaVersion = 1;
    std::optional<Change<ProjectName>> name{};
    std::optional<Change<std::optional<ProjectDescription>>> description{};
    std::optional<Change<std::optional<UserId>>> lead{};
    friend bool operator==(const ProjectUpdated&, const ProjectUpdated&) = default;
};
BOOST_DESCRIBE_STRUCT(ProjectUpdated, (), (name, description, lead))
constexpr auto contract_docs(const ProjectUpdated*) {
    return std::array{
        contract::FieldDoc{"name", "the name before and after, when it changed"},
        contract::FieldDoc{"description", "the description before and after, when it changed"},
        contract::FieldDoc{"lead", "the lead before and after, when it changed"},
    };
}

struct ProjectArchived {
    static constexpr std::string_view kType = "prj.ProjectArchived";
    static constexpr std::uint16_t kSchemaVersion = 1;
    friend bool operator==(const ProjectArchived&, const ProjectArchived&) = default;
};
BOOST_DESCRIBE_STRUCT(ProjectArchived, (), ())

struct TaskCreated {
    static constexpr std::string_view kType = "prj.TaskCreated";
    static constexpr std::uint16_t kSchemaVersion = 1;
    ProjectId project_id{};
    std::int64_t number{0};
    std::string key{};
    TaskTitle title{};
    std::optional<TaskDescription> description{};
    TaskType type{};
    ColumnId column_id{};
    TaskCategory category{};
    TaskPriority priority{};
    std::vector<UserId> assignees{};
    UserId reporter{};
    std::optional<Date> start{};
    std::optional<Date> due{};
    std::optional<EstimateMinutes> estimate_min{};
    std::vector<Label> labels{};
    std::optional<TaskId> parent{};
    Rank rank{};
    friend bool operator==(const TaskCreated&, const TaskCreated&) = default;
};
BOOST_DESCRIBE_STRUCT(
    TaskCreated, (),
    (project_id, number, key, title, description, type, column_id, category, priority, assignees, reporter,
     start, due, estimate_min, labels, parent, rank)
)
constexpr auto contract_docs(const TaskCreated*) {
    return std::array{
        contract::FieldDoc{"project_id", "the project the task belongs to"},
        contract::FieldDoc{"number", "the task's number in its project, counted from 1 without a gap"},
        contract::FieldDoc{"key", "project key and number, as people write it: WS-12"},
        contract::FieldDoc{"title", "the task in one line"},
        contract::FieldDoc{"description", "the task at length, in Markdown"},
        contract::FieldDoc{"type", "what sort of task it is"},
        contract::FieldDoc{"column_id", "the column it starts in"},
        contract::FieldDoc{"category", "what that column means"},
        contract::FieldDoc{"priority", "how urgent it is"},
        contract::FieldDoc{"assignees", "the members who shall do it"},
        contract::FieldDoc{"reporter", "the person who created it"},
        contract::FieldDoc{"start", "the day work shall begin"},
        contract::FieldDoc{"due", "the day it shall be done"},
        contract::FieldDoc{"estimate_min", "the estimated work in minutes"},
        contract::FieldDoc{"labels", "free labels"},
        contract::FieldDoc{"parent", "the task it is a part of"},
        contract::FieldDoc{"rank", "its place in the column; sorts by bytes"},
    };
}

struct TaskUpdated {
    static constexpr std::string_view kType = "prj.TaskUpdated";
    static constexpr std::uint16_t kSchemaVersion = 1;
    std::optional<Change<TaskTitle>> title{};
    std::optional<Change<std::optional<TaskDescription>>> description{};
    std::optional<Change<TaskType>> type{};
    std::optional<Change<TaskPriority>> priority{};
    std::optional<Change<std::optional<Date>>> start{};
    std::optional<Change<std::optional<Date>>> due{};
    std::optional<Change<std::optional<EstimateMinutes>>> estimate_min{};
    std::optional<Change<std::vector<Label>>> labels{};
    friend bool operator==(const TaskUpdated&, const TaskUpdated&) = default;
};
BOOST_DESCRIBE_STRUCT(TaskUpdated, (), (title, description, type, priority, start, due, estimate_min, labels))
constexpr auto contract_docs(const TaskUpdated*) {
    return std::array{
        contract::FieldDoc{"title", "the title before and after, when it changed"},
        contract::FieldDoc{"description", "the description before and after, when it changed"},
        contract::FieldDoc{"type", "the type before and after, when it changed"},
        contract::FieldDoc{"priority", "the priority before and after, when it changed"},
        contract::FieldDoc{"start", "the first day before and after, when it changed"},
        contract::FieldDoc{"due", "the due day before and after, when it changed"},
        contract::FieldDoc{"estimate_min", "the estimate before and after, when it changed"},
        contract::FieldDoc{"labels", "the labels before and after, when they changed"},
    };
}

struct TaskMoved {
    static constexpr std::string_view kType = "prj.TaskMoved";
    static constexpr std::uint16_t kSchemaVersion = 1;
    ColumnId old_column{};
    ColumnId new_column{};
    TaskCategory old_status{};
    TaskCategory new_status{};
    Change<Rank> rank{};
    std::optional<Instant> completed_at{};
    friend bool operator==(const TaskMoved&, const TaskMoved&) = default;
};
BOOST_DESCRIBE_STRUCT(TaskMoved, (), (old_column, new_column, old_status, new_status, rank, completed_at))
constexpr auto contract_docs(const TaskMoved*) {
    return std::array{
        contract::FieldDoc{"old_column", "the column the task was in"},
        contract::FieldDoc{"new_column", "the column it is in now; the same one when only its place changed"},
        contract::FieldDoc{"old_status", "what the old column means"},
        contract::FieldDoc{"new_status", "what the new column means"},
        contract::FieldDoc{"rank", "the place in the column before and after"},
        contract::FieldDoc{"completed_at", "when the task was done; there only while it is in a done column"},
    };
}

struct TaskAssigned {
    static constexpr std::string_view kType = "prj.TaskAssigned";
    static constexpr std::uint16_t kSchemaVersion = 1;
    std::vector<UserId> members{};
    friend bool operator==(const TaskAssigned&, const TaskAssigned&) = default;
};
BOOST_DESCRIBE_STRUCT(TaskAssigned, (), (members))
constexpr auto contract_docs(const TaskAssigned*) {
    return std::array{contract::FieldDoc{"members", "the members who were added to the assignees"}};
}

struct TaskUnassigned {
    static constexpr std::string_view kType = "prj.TaskUnassigned";
    static constexpr std::uint16_t kSchemaVersion = 1;
    std::vector<UserId> members{};
    friend bool operator==(const TaskUnassigned&, const TaskUnassigned&) = default;
};
BOOST_DESCRIBE_STRUCT(TaskUnassigned, (), (members))
constexpr auto contract_docs(const TaskUnassigned*) {
    return std::array{contract::FieldDoc{"members", "the members who were taken off the assignees"}};
}

}  // namespace annals::projects
