#pragma once

#include "domain/contract/docs.hpp"
#include "domain/kernel/ids.hpp"
#include "domain/kernel/time.hpp"
#include "domain/organizations/invitation.hpp"
#include "domain/organizations/role.hpp"
#include "projections/kernel/page.hpp"
#include "projections/kernel/projection.hpp"

#include <array>
#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace annals::organizations {

struct InvitationRow {
    static constexpr std::string_view kTable = "org.invitation";
    TenantId tenant_id{};
    InvitationId id{};
    std::optional<std::string> email{};
    std::vector<Role> roles{};
    InvitationStatus status{};
    Instant created_at{};
    Instant expires_at{};
    std::optional<UserId> accepted_by{};
    std::uint64_t version{0};
};
BOOST_DESCRIBE_STRUCT(
    InvitationRow, (), (tenant_id, id, email, roles, status, created_at, expires_at, accepted_by, version)
)

/// An offer to become a member.
struct InvitationView {
    InvitationId id{};
    std::optional<std::string> email{};
    std::vector<Role> roles{};
    InvitationStatus status{};
    Instant created_at{};
    Instant expires_at{};
    std::optional<UserId> accepted_by{};
    std::uint64_t version{0};
};
BOOST_DESCRIBE_STRUCT(
    InvitationView, (), (id, email, roles, status, created_at, expires_at, accepted_by, version)
)
constexpr auto contract_docs(const InvitationView*) {
    return std::array{
        contract::FieldDoc{"id", "the invitation's id"},
        contract::FieldDoc{"email", "the invited address; absent once it was erased"},
        contract::FieldDoc{"roles", "the roles the person gets on joining"},
        contract::FieldDoc{"status", "whether it was accepted"},
        contract::FieldDoc{"created_at", "when it was made"},
        contract::FieldDoc{"expires_at", "the instant after which it cannot be accepted"},
        contract::FieldDoc{"accepted_by", "the person who joined with it"},
        contract::FieldDoc{"version", "the version of the invitation, for If-Match"},
    };
}
const contract::TypeInfo* view_shape(const InvitationView*);

const ProjectionType& invitation_projection();

std::optional<InvitationView> find_invitation(
    QueryReader& reader, TenantId organization, InvitationId invitation
);
/// The newest first; of one status or of all.
Page<InvitationView> list_invitations(
    QueryReader& reader, TenantId organization, std::optional<InvitationStatus> status,
    const PageRequest& page
);

}  // namespace annals::organizations
