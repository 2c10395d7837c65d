#include "api/projects/project_routes.hpp"

#include "api/kernel/answers.hpp"
#include "domain/contract/describe.hpp"
#include "domain/projects/commands.hpp"
#include "projections/projects/board.hpp"
#include "projections/projects/project.hpp"

namespace annals::projects {

/// The filters of the list in the query string.
struct ProjectListQuery {
    std::optional<bool> archived;
    std::optional<ProjectType> type;
    std::optional<UserId> lead;
    std::optional<Text<1, 80>> q;
};
BOOST_DESCRIBE_STRUCT(ProjectListQuery, (), (archived, type, lead, q))
constexpr auto contract_docs(const ProjectListQuery*) {
    return std::array{
        contract::FieldDoc{"archived", "only archived projects, or only the others"},
        contract::FieldDoc{"type", "only projects of this type"},
        contract::FieldDoc{"lead", "only projects that this person leads"},
        contract::FieldDoc{"q", "a part of the name or of the key"},
    };
}

namespace {

constexpr std::array<std::string_view, 4> kProjectSorts{"key", "name", "created", "updated"};

api::QueryResultOrProblem projects(api::QueryContext& context, const void* parameters) {
    const auto& query = *static_cast<const ProjectListQuery*>(parameters);
    ProjectFilter filter;
    filter.archived = query.archived;
    filter.type = query.type;
    filter.lead = query.lead;
    if (query.q) filter.text = query.q->str();
    ProjectSort sort{};
    (void)contract::type_info<ProjectSort>()->read(&sort, context.sort);
    return api::answer_page(list_projects(
        context.services.reader, context.realm, filter, sort, context.descending, api::page_request(context)
    ));
}

api::QueryResultOrProblem project(api::QueryContext& context, const void*) {
    return api::answer_one(
        find_project(context.services.reader, context.realm, ProjectId{api::path_id(context, "id")})
    );
}

api::QueryResultOrProblem board(api::QueryContext& context, const void*) {
    auto answer = api::answer_one(
        find_board(context.services.reader, context.realm, ProjectId{api::path_id(context, "id")})
    );
    // The version is the project's, while a board changes with every task: no ETag.
    if (answer) answer->version.reset();
    return answer;
}

}  // namespace

std::vector<api::Route> project_routes() {
    const auto* view = view_shape(static_cast<const ProjectView*>(nullptr));
    return {
        {http::Method::post, "/api/v1/projects", "createProject", "Create a project", "projects",
         api::CommandRoute{.type = &command_type_of<CreateProject>(), .location = "/api/v1/projects/"}},
        {http::Method::get, "/api/v1/projects", "listProjects", "The projects of the organization",
         "projects",
         api::QueryRoute{
             .permission = organizations::Permission::project_read,
             .parameters = contract::type_info<ProjectListQuery>(),
             .make_parameters = [] { return std::shared_ptr<void>(std::make_shared<ProjectListQuery>()); },
             .view = view,
             .list = true,
             .sorts = kProjectSorts,
             .run = projects
         }},
        {http::Method::get, "/api/v1/projects/{id}", "getProject", "A project", "projects",
         api::QueryRoute{.permission = organizations::Permission::project_read, .view = view, .run = project}
        },
        {http::Method::patch, "/api/v1/projects/{id}", "updateProject", "Change a project", "projects",
         api::CommandRoute{.type = &command_type_of<UpdateProject>(), .target_parameter = "id"}},
        {http::Method::post, "/api/v1/projects/{id}/archive", "archiveProject",
         "Archive a project: it becomes read-only", "projects",
         api::CommandRoute{.type = &command_type_of<ArchiveProject>(), .target_parameter = "id"}},
        {http::Method::get, "/api/v1/projects/{id}/board", "getBoard",
         "The columns of a project with their tasks", "projects",
         api::QueryRoute{
             .permission = organizations::Permission::task_read,
             .view = view_shape(static_cast<const BoardView*>(nullptr)),
             .run = board
         }},
    };
}

}  // namespace annals::projects
