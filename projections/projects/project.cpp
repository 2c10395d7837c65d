#include "projections/projects/project.hpp"

#include "projections/kernel/declare.hpp"
#include "projections/kernel/params.hpp"

namespace annals::projects {
namespace {

using contract::Envelope;

template <class T>
std::optional<std::string> text_of(const std::optional<T>& value) {
    return value ? std::optional(value->str()) : std::nullopt;
}

ProjectRow& changed(const Envelope& at, RowSet& rows) {
    auto& row = rows.require<ProjectRow>(at.tenant, at.stream);
    row.updated_at = at.effective_at;
    row.version = at.version;
    return row;
}

void project_created(const ProjectCreated& event, const Envelope& at, RowSet& rows) {
    ProjectRow row{.tenant_id = at.tenant, .id = ProjectId{at.stream}};
    row.key = event.key.str();
    row.name = event.name.str();
    row.description = text_of(event.description);
    row.type = event.type;
    row.lead = event.lead;
    row.columns = event.columns;
    row.created_at = row.updated_at = at.effective_at;
    row.version = at.version;
    rows.put(std::move(row));
}

void project_updated(const ProjectUpdated& event, const Envelope& at, RowSet& rows) {
    ProjectRow& row = changed(at, rows);
    if (event.name) row.name = event.name->after.str();
    if (event.description) row.description = text_of(event.description->after);
    if (event.lead) row.lead = event.lead->after;
}

void project_archived(const ProjectArchived&, const Envelope& at, RowSet& rows) {
    changed(at, rows).archived = true;
}

// By enumerator of ProjectSort.
constexpr std::array kSorts{
    SortOrder{"key", "key", "text"},
    SortOrder{"name", "name", "text"},
    SortOrder{"created", "created_at", "timestamptz"},
    SortOrder{"updated", "updated_at", "timestamptz"},
};

std::string select_projects() {
    return "select " + column_list(*contract::type_info<ProjectView>());
}

Statement list_statement(const SortOrder& sort, bool descending, bool after) {
    std::string name = "project.list." + std::string(sort.name);
    name += descending ? ".desc" : ".asc";
    if (after) name += ".next";
    return {
        std::move(name), select_projects() + ", " + std::string(sort.expression) +
                             "::text as sort_key from prj.project where tenant_id = $1::uuid"
                             " and ($2::boolean is null or archived = $2::boolean)"
                             " and ($3::text is null or type = $3::text)"
                             " and ($4::uuid is null or lead = $4::uuid)"
                             " and ($5::text is null or name ilike $5::text or key ilike $5::text)" +
                             keyset_tail(sort, descending, after, 6)
    };
}

}  // namespace

const contract::TypeInfo* view_shape(const ProjectView*) {
    return contract::type_info<ProjectView>();
}

const ProjectionType& project_projection() {
    static const std::array kTables{table<ProjectRow>()};
    static const std::array kReactions{
        reaction<&project_created>(),
        reaction<&project_updated>(touch_stream<ProjectRow>),
        reaction<&project_archived>(touch_stream<ProjectRow>),
    };
    static const ProjectionType kProjection{"projects.project", 1, kTables, kReactions};
    return kProjection;
}

std::optional<ProjectView> find_project(QueryReader& reader, TenantId organization, ProjectId project) {
    static const Statement kById{
        "project.by_id", select_projects() + " from prj.project where tenant_id = $1::uuid and id = $2::uuid",
        true
    };
    const std::array params{QueryParam(organization.to_string()), QueryParam(project.to_string())};
    return read_one<ProjectView>(*reader.query(organization, kById, params));
}

Page<ProjectView> list_projects(
    QueryReader& reader, TenantId organization, const ProjectFilter& filter, ProjectSort sort,
    bool descending, const PageRequest& page
) {
    const SortOrder& order = kSorts.at(static_cast<std::size_t>(sort));
    const Statement statement = list_statement(order, descending, page.after.has_value());
    std::vector<QueryParam> params{
        organization.to_string(), param_of(filter.archived), param_of(filter.type), param_of(filter.lead),
        filter.text ? QueryParam(like_pattern(*filter.text)) : std::nullopt
    };
    add_page_params(page, params);
    return read_page<ProjectView>(*reader.query(organization, statement, params), page);
}

}  // namespace annals::projects
