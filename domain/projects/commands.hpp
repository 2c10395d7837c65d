#pragma once

#include "domain/contract/docs.hpp"
#include "domain/kernel/bounded.hpp"
#include "domain/kernel/ids.hpp"
#include "domain/kernel/patch.hpp"
#include "domain/kernel/time.hpp"
#include "domain/projects/values.hpp"

#include <array>
#include <boost/describe/class.hpp>
#include <optional>
#include <string_view>

namespace annals::projects {

/// A column to be made; the server gives it its id.
struct NewColumn {
    ColumnName name{};
    TaskCategory category{};
    std::optional<WipLimit> wip_limit{};
    std::optional<WipMode> wip_mode{};
};
BOOST_DESCRIBE_STRUCT(NewColumn, (), (name, category, wip_limit, wip_mode))
constexpr auto contract_docs(const NewColumn*) {
    return std::array{
        contract::FieldDoc{"name", "what people call the column"},
        contract::FieldDoc{"category", "what being in the column means for a task"},
        contract::FieldDoc{"wip_limit", "how many tasks the column holds; as many as you like when left out"},
        contract::FieldDoc{"wip_mode", "what happens when the column is full: block when left out"},
    };
}

struct CreateProject {
    static constexpr std::string_view kType = "prj.CreateProject";
    static constexpr std::array<std::string_view, 1> kRejections{"DUPLICATE"};
    ProjectName name{};
    ProjectKey key{};
    std::optional<ProjectType> type{};
    std::optional<ProjectDescription> description{};
    std::optional<UserId> lead{};
    std::optional<Listed<NewColumn, 1, kColumnsMax>> columns{};
};
BOOST_DESCRIBE_STRUCT(CreateProject, (), (name, key, type, description, lead, columns))
constexpr auto contract_docs(const CreateProject*) {
    return std::array{
        contract::FieldDoc{"name", "what people call the project"},
        contract::FieldDoc{"key", "the prefix of the project's task keys; unique in the organization"},
        contract::FieldDoc{"type", "how the project works; kanban when left out"},
        contract::FieldDoc{"description", "what the project is about, in Markdown"},
        contract::FieldDoc{"lead", "the member who leads the project"},
        contract::FieldDoc{
            "columns",
            "the board's columns from left to right, one of them done; five usual ones when left out"
        },
    };
}

struct UpdateProject {
    static constexpr std::string_view kType = "prj.UpdateProject";
    static constexpr std::array<std::string_view, 1> kRejections{"INVALID_STATE"};
    std::optional<ProjectName> name{};
    Patch<ProjectDescription> description{};
    Patch<UserId> lead{};
};
BOOST_DESCRIBE_STRUCT(UpdateProject, (), (name, description, lead))
constexpr auto contract_docs(const UpdateProject*) {
    return std::array{
        contract::FieldDoc{"name", "the new name"},
        contract::FieldDoc{"description", "the new description; null removes it"},
        contract::FieldDoc{
            "lead", "the member who leads the project from now on; null leaves it without a lead"
        },
    };
}

struct ArchiveProject {
    static constexpr std::string_view kType = "prj.ArchiveProject";
};
BOOST_DESCRIBE_STRUCT(ArchiveProject, (), ())

struct CreateTask {
    static constexpr std::string_view kType = "prj.CreateTask";
    static constexpr std::array<std::string_view, 2> kRejections{"INVALID_STATE", "WIP_LIMIT"};
    ProjectId project_id{};
    TaskTitle title{};
    std::optional<TaskDescription> description{};
    std::optional<TaskType> type{};
    std::optional<ColumnId> column{};
    std::optional<TaskPriority> priority{};
    std::optional<Listed<UserId, 0, kAssigneesMax>> assignees{};
    std::optional<Date> start{};
    std::optional<Date> due{};
    std::optional<EstimateMinutes> estimate_min{};
    std::optional<Listed<Label, 0, kLabelsMax>> labels{};
    std::optional<TaskId> parent{};
};
BOOST_DESCRIBE_STRUCT(
    CreateTask, (),
    (project_id, title, description, type, column, priority, assignees, start, due, estimate_min, labels,
     parent)
)
constexpr auto contract_docs(const CreateTask*) {
    return std::array{
        contract::FieldDoc{"project_id", "the project the task belongs to"},
        contract::FieldDoc{"title", "the task in one line"},
        contract::FieldDoc{"description", "the task at length, in Markdown"},
        contract::FieldDoc{"type", "what sort of task it is; task when left out"},
        contract::FieldDoc{"column", "the column to start in; the board's first one when left out"},
        contract::FieldDoc{"priority", "how urgent it is; none when left out"},
        contract::FieldDoc{"assignees", "the members who shall do it"},
        contract::FieldDoc{"start", "the day work shall begin"},
        contract::FieldDoc{"due", "the day it shall be done; not before start"},
        contract::FieldDoc{"estimate_min", "the estimated work in minutes"},
        contract::FieldDoc{"labels", "free labels"},
        contract::FieldDoc{"parent", "the task it is a part of, in the same project"},
    };
}

struct UpdateTask {
    static constexpr std::string_view kType = "prj.UpdateTask";
    static constexpr std::array<std::string_view, 1> kRejections{"INVALID_STATE"};
    std::optional<TaskTitle> title{};
    Patch<TaskDescription> description{};
    std::optional<TaskType> type{};
    std::optional<TaskPriority> priority{};
    Patch<Date> start{};
    Patch<Date> due{};
    Patch<EstimateMinutes> estimate_min{};
    Patch<Listed<Label, 0, kLabelsMax>> labels{};
};
BOOST_DESCRIBE_STRUCT(UpdateTask, (), (title, description, type, priority, start, due, estimate_min, labels))
constexpr auto contract_docs(const UpdateTask*) {
    return std::array{
        contract::FieldDoc{"title", "the new title"},
        contract::FieldDoc{"description", "the new description; null removes it"},
        contract::FieldDoc{"type", "the new type"},
        contract::FieldDoc{"priority", "the new priority"},
        contract::FieldDoc{"start", "the new first day; null removes it"},
        contract::FieldDoc{"due", "the new due day; null removes it"},
        contract::FieldDoc{"estimate_min", "the new estimate in minutes; null removes it"},
        contract::FieldDoc{"labels", "all labels the task shall have; null removes them"},
    };
}

struct MoveTask {
    static constexpr std::string_view kType = "prj.MoveTask";
    static constexpr std::array<std::string_view, 2> kRejections{"INVALID_STATE", "WIP_LIMIT"};
    ColumnId column{};
    std::optional<TaskId> before{};
    std::optional<TaskId> after{};
};
BOOST_DESCRIBE_STRUCT(MoveTask, (), (column, before, after))
constexpr auto contract_docs(const MoveTask*) {
    return std::array{
        contract::FieldDoc{"column", "the column to move to, or the task's own to change its place there"},
        contract::FieldDoc{"before", "the task to be put directly in front of"},
        contract::FieldDoc{
            "after", "the task to be put directly behind; the end of the column when both are left out"
        },
    };
}

struct AssignTask {
    static constexpr std::string_view kType = "prj.AssignTask";
    static constexpr std::array<std::string_view, 1> kRejections{"INVALID_STATE"};
    Listed<UserId, 1, kAssigneesMax> members{};
};
BOOST_DESCRIBE_STRUCT(AssignTask, (), (members))
constexpr auto contract_docs(const AssignTask*) {
    return std::array{
        contract::FieldDoc{"members", "the members to add to the assignees, who are ten at most"}
    };
}

struct UnassignTask {
    static constexpr std::string_view kType = "prj.UnassignTask";
    static constexpr std::array<std::string_view, 1> kRejections{"INVALID_STATE"};
    Listed<UserId, 1, kAssigneesMax> members{};
};
BOOST_DESCRIBE_STRUCT(UnassignTask, (), (members))
constexpr auto contract_docs(const UnassignTask*) {
    return std::array{contract::FieldDoc{"members", "the members to take off the assignees"}};
}

}  // namespace annals::projects
