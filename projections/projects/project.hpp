#pragma once

#include "domain/contract/docs.hpp"
#include "domain/kernel/ids.hpp"
#include "domain/kernel/time.hpp"
#include "domain/projects/events.hpp"
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

struct ProjectRow {
    static constexpr std::string_view kTable = "prj.project";
    TenantId tenant_id{};
    ProjectId id{};
    std::string key{};
    std::string name{};
    std::optional<std::string> description{};
    ProjectType type{};
    std::optional<UserId> lead{};
    std::vector<Column> columns{};
    bool archived{false};
    Instant created_at{};
    Instant updated_at{};
    std::uint64_t version{0};
};
BOOST_DESCRIBE_STRUCT(
    ProjectRow, (),
    (tenant_id, id, key, name, description, type, lead, columns, archived, created_at, updated_at, version)
)

/// A project.
struct ProjectView {
    ProjectId id{};
    std::string key{};
    std::string name{};
    std::optional<std::string> description{};
    ProjectType type{};
    std::optional<UserId> lead{};
    std::vector<Column> columns{};
    bool archived{false};
    Instant created_at{};
    Instant updated_at{};
    std::uint64_t version{0};
};
BOOST_DESCRIBE_STRUCT(
    ProjectView, (),
    (id, key, name, description, type, lead, columns, archived, created_at, updated_at, version)
)
constexpr auto contract_docs(const ProjectView*) {
    return std::array{
        contract::FieldDoc{"id", "the project's id"},
        contract::FieldDoc{"key", "the prefix of its task keys; unique in the organization"},
        contract::FieldDoc{"name", "what people call it"},
        contract::FieldDoc{"description", "what it is about, in Markdown"},
        contract::FieldDoc{"type", "how it works"},
        contract::FieldDoc{"lead", "the member who leads it"},
        contract::FieldDoc{"columns", "the board's columns from left to right"},
        contract::FieldDoc{"archived", "whether it is closed to all changes"},
        contract::FieldDoc{"created_at", "when it was created"},
        contract::FieldDoc{"updated_at", "when it last changed"},
        contract::FieldDoc{"version", "the version of the project, for If-Match"},
    };
}
const contract::TypeInfo* view_shape(const ProjectView*);

/// What a list of projects is narrowed to; nothing narrows nothing.
struct ProjectFilter {
    std::optional<bool> archived{};
    std::optional<ProjectType> type{};
    std::optional<UserId> lead{};
    std::optional<std::string> text{};  ///< part of the name or of the key, in either case
};
enum class ProjectSort : std::uint8_t { key, name, created, updated };
BOOST_DESCRIBE_ENUM(ProjectSort, key, name, created, updated)

const ProjectionType& project_projection();

std::optional<ProjectView> find_project(QueryReader& reader, TenantId organization, ProjectId project);
Page<ProjectView> list_projects(
    QueryReader& reader, TenantId organization, const ProjectFilter& filter, ProjectSort sort,
    bool descending, const PageRequest& page
);

}  // namespace annals::projects
