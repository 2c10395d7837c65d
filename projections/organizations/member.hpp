#pragma once

#include "domain/contract/docs.hpp"
#include "domain/kernel/ids.hpp"
#include "domain/kernel/time.hpp"
#include "domain/organizations/role.hpp"
#include "projections/kernel/page.hpp"
#include "projections/kernel/projection.hpp"

#include <array>
#include <boost/describe/class.hpp>
#include <cstdint>
#include <optional>
#include <vector>

namespace annals::organizations {

struct MemberRow {
    static constexpr std::string_view kTable = "org.member";
    TenantId tenant_id{};
    UserId id{};  ///< the person; one membership in each organization
    MembershipId membership_id{};
    std::vector<Role> roles{};
    Instant joined_at{};
    std::uint64_t version{0};
};
BOOST_DESCRIBE_STRUCT(MemberRow, (), (tenant_id, id, membership_id, roles, joined_at, version))

/// A person in an organization.
struct MemberView {
    UserId id{};
    MembershipId membership_id{};
    std::vector<Role> roles{};
    Instant joined_at{};
    std::uint64_t version{0};
};
BOOST_DESCRIBE_STRUCT(MemberView, (), (id, membership_id, roles, joined_at, version))
constexpr auto contract_docs(const MemberView*) {
    return std::array{
        contract::FieldDoc{"id", "the person"},
        contract::FieldDoc{"membership_id", "the membership's own id"},
        contract::FieldDoc{"roles", "the person's roles in the organization"},
        contract::FieldDoc{"joined_at", "since when the person is a member"},
        contract::FieldDoc{"version", "the version of the membership, for If-Match"},
    };
}
const contract::TypeInfo* view_shape(const MemberView*);

const ProjectionType& member_projection();

std::optional<MemberView> find_member(QueryReader& reader, TenantId organization, UserId person);
/// The members in the order in which they joined.
Page<MemberView> list_members(QueryReader& reader, TenantId organization, const PageRequest& page);

}  // namespace annals::organizations
