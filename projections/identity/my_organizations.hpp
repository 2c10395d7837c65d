#pragma once

#include "domain/contract/docs.hpp"
#include "domain/kernel/ids.hpp"
#include "domain/kernel/time.hpp"
#include "domain/organizations/role.hpp"
#include "projections/kernel/projection.hpp"
#include "projections/kernel/query_reader.hpp"

#include <array>
#include <boost/describe/class.hpp>
#include <cstdint>
#include <string>
#include <vector>

namespace annals::identity {

inline constexpr std::size_t kMyOrganizationsMax = 200;  ///< answered at once, without pages

/// An organization in the realm of each of its members. Written by events of the organization only, so that
/// one partition owns each row.
struct MyOrganizationRow {
    static constexpr std::string_view kTable = "idn.my_organization";
    TenantId tenant_id{};  ///< the member's own realm
    TenantId id{};         ///< the organization
    std::string name{};
    std::string slug{};
    std::vector<organizations::Role> roles{};
    Instant joined_at{};
};
BOOST_DESCRIBE_STRUCT(MyOrganizationRow, (), (tenant_id, id, name, slug, roles, joined_at))

/// Who the members of an organization are, so that a change of it finds their rows.
struct OrganizationRosterRow {
    static constexpr std::string_view kTable = "idn.organization_roster";
    TenantId tenant_id{};
    TenantId id{};
    std::string name{};
    std::string slug{};
    std::vector<UserId> members{};
};
BOOST_DESCRIBE_STRUCT(OrganizationRosterRow, (), (tenant_id, id, name, slug, members))

/// An organization that a person belongs to.
struct MyOrganizationView {
    TenantId id{};
    std::string name{};
    std::string slug{};
    std::vector<organizations::Role> roles{};
    Instant joined_at{};
};
BOOST_DESCRIBE_STRUCT(MyOrganizationView, (), (id, name, slug, roles, joined_at))
constexpr auto contract_docs(const MyOrganizationView*) {
    return std::array{
        contract::FieldDoc{"id", "the organization's id"},
        contract::FieldDoc{"name", "what people call it"},
        contract::FieldDoc{"slug", "its name in addresses"},
        contract::FieldDoc{"roles", "the person's roles in it"},
        contract::FieldDoc{"joined_at", "since when the person is a member"},
    };
}
const contract::TypeInfo* view_shape(const MyOrganizationView*);

const ProjectionType& my_organizations_projection();

/// The organizations of a person by name, at most kMyOrganizationsMax.
std::vector<MyOrganizationView> my_organizations(QueryReader& reader, UserId person);

}  // namespace annals::identity
