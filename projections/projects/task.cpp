#include "projections/projects/task.hpp"

#include "domain/contract/json_writer.hpp"
#include "domain/projects/events.hpp"
#include "projections/kernel/declare.hpp"
#include "projections/kernel/params.hpp"

#include <algorithm>

namespace annals::projects {
namespace {

using contract::Envelope;

template <class T>
std::optional<std::string> text_of(const std::optional<T>& value) {
    return value ? std::optional(value->str()) : std::nullopt;
}
std::optional<std::int64_t> number_of(const std::optional<EstimateMinutes>& value) {
    return value ? std::optional<std::int64_t>(value->value) : std::nullopt;
}
std::vector<std::string> texts_of(const std::vector<Label>& labels) {
    std::vector<std::string> texts;
    for (const Label& label : labels) texts.push_back(label.str());
    return texts;
}

TaskRow& changed(const Envelope& at, RowSet& rows) {
    auto& row = rows.require<TaskRow>(at.tenant, at.stream);
    row.updated_at = at.effective_at;
    row.version = at.version;
    return row;
}

void task_created(const TaskCreated& event, const Envelope& at, RowSet& rows) {
    TaskRow row{.tenant_id = at.tenant, .id = TaskId{at.stream}};
    row.project_id = event.project_id;
    row.number = event.number;
    row.key = event.key;
    row.title = event.title.str();
    row.description = text_of(event.description);
    row.type = event.type;
    row.column_id = event.column_id;
    row.category = event.category;
    row.priority = event.priority;
    row.assignees = event.assignees;
    row.reporter = event.reporter;
    row.start = event.start;
    row.due = event.due;
    row.estimate_min = number_of(event.estimate_min);
    row.labels = texts_of(event.labels);
    row.parent = event.parent;
    row.rank = event.rank.str();
    if (event.category == TaskCategory::done) row.completed_at = at.effective_at;
    row.created_at = row.updated_at = at.effective_at;
    row.version = at.version;
    rows.put(std::move(row));
}

void task_updated(const TaskUpdated& event, const Envelope& at, RowSet& rows) {
    TaskRow& row = changed(at, rows);
    if (event.title) row.title = event.title->after.str();
    if (event.description) row.description = text_of(event.description->after);
    if (event.type) row.type = event.type->after;
    if (event.priority) row.priority = event.priority->after;
    if (event.start) row.start = event.start->after;
    if (event.due) row.due = event.due->after;
    if (event.estimate_min) row.estimate_min = number_of(event.estimate_min->after);
    if (event.labels) row.labels = texts_of(event.labels->after);
}

void task_moved(const TaskMoved& event, const Envelope& at, RowSet& rows) {
    TaskRow& row = changed(at, rows);
    row.column_id = event.new_column;
    row.category = event.new_status;
    row.rank = event.rank.after.str();
    row.completed_at = event.completed_at;
}

void task_assigned(const TaskAssigned& event, const Envelope& at, RowSet& rows) {
    TaskRow& row = changed(at, rows);
    row.assignees.insert(row.assignees.end(), event.members.begin(), event.members.end());
}

void task_unassigned(const TaskUnassigned& event, const Envelope& at, RowSet& rows) {
    TaskRow& row = changed(at, rows);
    std::erase_if(row.assignees, [&](const UserId& assignee) {
        return std::ranges::find(event.members, assignee) != event.members.end();
    });
}

// By enumerator of TaskSort. priority_order is a generated column, 0 for urgent.
constexpr std::array kSorts{
    SortOrder{"rank", "rank", "text"},
    SortOrder{"due", "coalesce(due, 'infinity'::date)", "date"},
    SortOrder{"priority", "priority_order", "smallint"},
    SortOrder{"created", "created_at", "timestamptz"},
    SortOrder{"updated", "updated_at", "timestamptz"},
};

std::string select_tasks() {
    return "select " + column_list(*contract::type_info<TaskView>());
}

/// The filters that lead to an index are part of the text; the others only drop rows on the way.
Statement list_statement(const SortOrder& sort, bool descending, bool after, const TaskFilter& filter) {
    std::string name = "task.list." + std::string(sort.name);
    name += descending ? ".desc" : ".asc";
    if (filter.project) name += ".project";
    if (filter.assignee) name += ".assignee";
    if (filter.column) name += ".column";
    if (after) name += ".next";
    std::string sql =
        select_tasks() + ", (" + std::string(sort.expression) + ")::text as sort_key from prj.task";
    sql += " where tenant_id = $1::uuid";
    sql += filter.project ? " and project_id = $2::uuid" : " and $2::uuid is null";
    // The index holds tasks that are somebody's.
    sql += filter.assignee ? " and assignees @> $3::jsonb and assignees <> '[]'::jsonb"
                           : " and $3::jsonb is null";
    sql += filter.column ? " and column_id = $4::uuid" : " and $4::uuid is null";
    sql +=
        " and ($5::text is null or category = $5::text)"
        " and ($6::text is null or priority = $6::text)"
        " and ($7::text is null or type = $7::text)"
        " and ($8::uuid is null or reporter = $8::uuid)"
        " and ($9::uuid is null or parent = $9::uuid)"
        " and ($10::jsonb is null or labels @> $10::jsonb)"
        " and ($11::date is null or due >= $11::date)"
        " and ($12::date is null or due <= $12::date)"
        " and ($13::text is null or title ilike $13::text or key ilike $13::text)";
    sql += keyset_tail(sort, descending, after, 14);
    return {std::move(name), std::move(sql)};
}

/// A value as a JSON list of one, which is what a jsonb list that has it contains.
template <class T>
QueryParam json_list_of(const std::optional<T>& value) {
    if (!value) return std::nullopt;
    std::string json = "[";
    contract::write_json(*contract::type_info<T>(), &*value, json);
    return json + "]";
}

}  // namespace

const contract::TypeInfo* view_shape(const TaskView*) {
    return contract::type_info<TaskView>();
}

const ProjectionType& task_projection() {
    static const std::array kTables{table<TaskRow>()};
    static const std::array kReactions{
        reaction<&task_created>(),
        reaction<&task_updated>(touch_stream<TaskRow>),
        reaction<&task_moved>(touch_stream<TaskRow>),
        reaction<&task_assigned>(touch_stream<TaskRow>),
        reaction<&task_unassigned>(touch_stream<TaskRow>),
    };
    static const ProjectionType kProjection{"projects.task", 1, kTables, kReactions};
    return kProjection;
}

std::optional<TaskView> find_task(QueryReader& reader, TenantId organization, TaskId task) {
    static const Statement kById{
        "task.by_id", select_tasks() + " from prj.task where tenant_id = $1::uuid and id = $2::uuid", true
    };
    const std::array params{QueryParam(organization.to_string()), QueryParam(task.to_string())};
    return read_one<TaskView>(*reader.query(organization, kById, params));
}

Page<TaskView> list_tasks(
    QueryReader& reader, TenantId organization, const TaskFilter& filter, TaskSort sort, bool descending,
    const PageRequest& page
) {
    const Statement statement =
        list_statement(kSorts.at(static_cast<std::size_t>(sort)), descending, page.after.has_value(), filter);
    std::vector<QueryParam> params{
        organization.to_string(),
        param_of(filter.project),
        json_list_of(filter.assignee),
        param_of(filter.column),
        param_of(filter.category),
        param_of(filter.priority),
        param_of(filter.type),
        param_of(filter.reporter),
        param_of(filter.parent),
        json_list_of(filter.label),
        param_of(filter.due_from),
        param_of(filter.due_to),
        filter.text ? QueryParam(like_pattern(*filter.text)) : std::nullopt
    };
    add_page_params(page, params);
    return read_page<TaskView>(*reader.query(organization, statement, params), page);
}

}  // namespace annals::projects
