#pragma once

#include "domain/contract/docs.hpp"
#include "domain/kernel/ids.hpp"
#include "domain/kernel/time.hpp"
#include "domain/projects/values.hpp"
#include "projections/kernel/page.hpp"
#include "projections/kernel/projection.hpp"

#include <array>
#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace annals::projects {

struct TaskRow {
    static constexpr std::string_view kTable = "prj.task";
    TenantId tenant_id{};
    TaskId id{};
    ProjectId project_id{};
    std::int64_t number{0};
    std::string key{};
    std::string title{};
    std::optional<std::string> description{};
    TaskType type{};
    ColumnId column_id{};
    TaskCategory category{};
    TaskPriority priority{};
    std::vector<UserId> assignees{};
    UserId reporter{};
    std::optional<Date> start{};
    std::optional<Date> due{};
    std::optional<std::int64_t> estimate_min{};
    std::vector<std::string> labels{};
    std::optional<TaskId> parent{};
    std::string rank{};
    std::optional<Instant> completed_at{};
    Instant created_at{};
    Instant updated_at{};
    std::uint64_t version{0};
};
BOOST_DESCRIBE_STRUCT(
    TaskRow, (),
    (tenant_id, id, project_id, number, key, title, description, type, column_id, category, priority,
     assignees, reporter, start, due, estimate_min, labels, parent, rank, completed_at, created_at,
     updated_at, version)
)

/// A task.
struct TaskView {
    TaskId id{};
    ProjectId project_id{};
    std::int64_t number{0};
    std::string key{};
    std::string title{};
    std::optional<std::string> description{};
    TaskType type{};
    ColumnId column_id{};
    TaskCategory category{};
    TaskPriority priority{};
    std::vector<UserId> assignees{};
    UserId reporter{};
    std::optional<Date> start{};
    std::optional<Date> due{};
    std::optional<std::int64_t> estimate_min{};
    std::vector<std::string> labels{};
    std::optional<TaskId> parent{};
    std::string rank{};
    std::optional<Instant> completed_at{};
    Instant created_at{};
    Instant updated_at{};
    std::uint64_t version{0};
};
BOOST_DESCRIBE_STRUCT(
    TaskView, (),
    (id, project_id, number, key, title, description, type, column_id, category, priority, assignees,
     reporter, start, due, estimate_min, labels, parent, rank, completed_at, created_at, updated_at, version)
)
constexpr auto contract_docs(const TaskView*) {
    return std::array{
        contract::FieldDoc{"id", "the task's id"},
        contract::FieldDoc{"project_id", "the project it belongs to"},
        contract::FieldDoc{"number", "its number in the project, counted from 1 without a gap"},
        contract::FieldDoc{"key", "project key and number, as people write it: WS-12"},
        contract::FieldDoc{"title", "the task in one line"},
        contract::FieldDoc{"description", "the task at length, in Markdown"},
        contract::FieldDoc{"type", "what sort of task it is"},
        contract::FieldDoc{"column_id", "the column it is in"},
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
        contract::FieldDoc{"completed_at", "when it was done; only while it is in a done column"},
        contract::FieldDoc{"created_at", "when it was created"},
        contract::FieldDoc{"updated_at", "when it last changed"},
        contract::FieldDoc{"version", "the version of the task, for If-Match"},
    };
}
const contract::TypeInfo* view_shape(const TaskView*);

/// What a list of tasks is narrowed to; nothing narrows nothing.
struct TaskFilter {
    std::optional<ProjectId> project{};
    std::optional<ColumnId> column{};
    std::optional<TaskCategory> category{};
    std::optional<TaskPriority> priority{};
    std::optional<TaskType> type{};
    std::optional<UserId> assignee{};
    std::optional<UserId> reporter{};
    std::optional<TaskId> parent{};
    std::optional<std::string> label{};
    std::optional<Date> due_from{};     ///< inclusive
    std::optional<Date> due_to{};       ///< inclusive
    std::optional<std::string> text{};  ///< part of the title or of the key, in either case
};
/// Ascending, tasks without a due day come last and the most urgent priority comes first.
enum class TaskSort : std::uint8_t { rank, due, priority, created, updated };
BOOST_DESCRIBE_ENUM(TaskSort, rank, due, priority, created, updated)

const ProjectionType& task_projection();

std::optional<TaskView> find_task(QueryReader& reader, TenantId organization, TaskId task);
Page<TaskView> list_tasks(
    QueryReader& reader, TenantId organization, const TaskFilter& filter, TaskSort sort, bool descending,
    const PageRequest& page
);

}  // namespace annals::projects
