#include "api/kernel/answers.hpp"
#include "api/projects/project_routes.hpp"
#include "domain/contract/describe.hpp"
#include "domain/projects/commands.hpp"
#include "projections/projects/task.hpp"
#include "projections/projects/task_history.hpp"

namespace annals::projects {

/// The filters of the list in the query string; together they must all hold.
struct TaskListQuery {
    std::optional<ProjectId> project;
    std::optional<ColumnId> column;
    std::optional<TaskCategory> category;
    std::optional<TaskPriority> priority;
    std::optional<TaskType> type;
    std::optional<UserId> assignee;
    std::optional<UserId> reporter;
    std::optional<TaskId> parent;
    std::optional<Text<1, 30>> label;
    std::optional<Date> due_from;
    std::optional<Date> due_to;
    std::optional<Text<1, 255>> q;
};
BOOST_DESCRIBE_STRUCT(
    TaskListQuery, (),
    (project, column, category, priority, type, assignee, reporter, parent, label, due_from, due_to, q)
)
constexpr auto contract_docs(const TaskListQuery*) {
    return std::array{
        contract::FieldDoc{"project", "only tasks of this project"},
        contract::FieldDoc{"column", "only tasks in this column"},
        contract::FieldDoc{"category", "only tasks whose column is of this category"},
        contract::FieldDoc{"priority", "only tasks of this priority"},
        contract::FieldDoc{"type", "only tasks of this type"},
        contract::FieldDoc{"assignee", "only tasks that this person is assigned to"},
        contract::FieldDoc{"reporter", "only tasks that this person reported"},
        contract::FieldDoc{"parent", "only the subtasks of this task"},
        contract::FieldDoc{"label", "only tasks with this label"},
        contract::FieldDoc{"due_from", "only tasks due on this day or later"},
        contract::FieldDoc{"due_to", "only tasks due on this day or earlier"},
        contract::FieldDoc{"q", "a part of the title or of the key"},
    };
}

namespace {

constexpr std::array<std::string_view, 5> kTaskSorts{"rank", "due", "priority", "created", "updated"};
constexpr std::array<std::string_view, 1> kHistorySorts{"version"};

TaskFilter filter_of(const TaskListQuery& query) {
    TaskFilter filter;
    filter.project = query.project;
    filter.column = query.column;
    filter.category = query.category;
    filter.priority = query.priority;
    filter.type = query.type;
    filter.assignee = query.assignee;
    filter.reporter = query.reporter;
    filter.parent = query.parent;
    if (query.label) filter.label = query.label->str();
    filter.due_from = query.due_from;
    filter.due_to = query.due_to;
    if (query.q) filter.text = query.q->str();
    return filter;
}

api::QueryResultOrProblem tasks(api::QueryContext& context, const void* parameters) {
    TaskSort sort{};
    (void)contract::type_info<TaskSort>()->read(&sort, context.sort);
    return api::answer_page(list_tasks(
        context.services.reader, context.realm, filter_of(*static_cast<const TaskListQuery*>(parameters)),
        sort, context.descending, api::page_request(context)
    ));
}

api::QueryResultOrProblem task(api::QueryContext& context, const void*) {
    return api::answer_one(
        find_task(context.services.reader, context.realm, TaskId{api::path_id(context, "id")})
    );
}

api::QueryResultOrProblem history(api::QueryContext& context, const void*) {
    const auto page = task_history(
        context.services.reader, context.realm, TaskId{api::path_id(context, "id")},
        api::page_request(context)
    );
    // Every task has a first event, so an empty first page means that there is no such task for this
    // organization.
    if (page.items.empty() && context.after.empty()) {
        return std::unexpected(http::make_problem("NOT_FOUND", "there is nothing here for you under this id")
        );
    }
    return api::answer_page(page);
}

/// A command on a task: POST /api/v1/tasks/{id}/<verb>.
api::CommandRoute on_task(const CommandType& type) {
    return {.type = &type, .target_parameter = "id"};
}

}  // namespace

std::vector<api::Route> task_routes() {
    constexpr auto kRead = organizations::Permission::task_read;
    const auto* view = view_shape(static_cast<const TaskView*>(nullptr));
    return {
        {http::Method::post, "/api/v1/projects/{id}/tasks", "createTask", "Create a task in a project",
         "tasks",
         api::CommandRoute{
             .type = &command_type_of<CreateTask>(),
             .field_parameter = "id",
             .field = "project_id",
             .location = "/api/v1/tasks/"
         }},
        {http::Method::get, "/api/v1/tasks", "listTasks", "Tasks, filtered and sorted", "tasks",
         api::QueryRoute{
             .permission = kRead,
             .parameters = contract::type_info<TaskListQuery>(),
             .make_parameters = [] { return std::shared_ptr<void>(std::make_shared<TaskListQuery>()); },
             .view = view,
             .list = true,
             .sorts = kTaskSorts,
             .run = tasks
         }},
        {http::Method::get, "/api/v1/tasks/{id}", "getTask", "A task", "tasks",
         api::QueryRoute{.permission = kRead, .view = view, .run = task}},
        {http::Method::patch, "/api/v1/tasks/{id}", "updateTask", "Change fields of a task", "tasks",
         on_task(command_type_of<UpdateTask>())},
        {http::Method::post, "/api/v1/tasks/{id}/move", "moveTask", "Move a task to a column or within one",
         "tasks", on_task(command_type_of<MoveTask>())},
        {http::Method::post, "/api/v1/tasks/{id}/assign", "assignTask", "Assign members to a task", "tasks",
         on_task(command_type_of<AssignTask>())},
        {http::Method::post, "/api/v1/tasks/{id}/unassign", "unassignTask", "Take members off a task",
         "tasks", on_task(command_type_of<UnassignTask>())},
        {http::Method::get, "/api/v1/tasks/{id}/history", "getTaskHistory",
         "Everything that happened to a task, newest first", "tasks",
         api::QueryRoute{
             .permission = kRead,
             .view = view_shape(static_cast<const TaskHistoryView*>(nullptr)),
             .list = true,
             .sorts = kHistorySorts,
             .run = history
         }},
    };
}

}  // namespace annals::projects
