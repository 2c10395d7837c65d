#include "projections/organizations/invitation.hpp"

#include "domain/organizations/events.hpp"
#include "projections/kernel/declare.hpp"

namespace annals::organizations {
namespace {

using contract::Envelope;

constexpr SortOrder kByCreation{"created", "created_at", "timestamptz"};

void invitation_created(const InvitationCreated& event, const Envelope& at, RowSet& rows) {
    InvitationRow row{.tenant_id = at.tenant, .id = InvitationId{at.stream}};
    if (event.email.value) row.email = event.email.value->str();
    row.roles = event.roles;
    row.status = InvitationStatus::pending;
    row.created_at = at.effective_at;
    row.expires_at = event.expires_at;
    row.version = at.version;
    rows.put(std::move(row));
}

void invitation_accepted(const InvitationAccepted& event, const Envelope& at, RowSet& rows) {
    auto& row = rows.require<InvitationRow>(at.tenant, at.stream);
    row.status = InvitationStatus::accepted;
    row.accepted_by = event.user_id;
    row.version = at.version;
}

std::string select_invitations() {
    return "select " + column_list(*contract::type_info<InvitationView>());
}

Statement list_statement(bool after) {
    return {
        after ? "invitation.next" : "invitation.list",
        select_invitations() +
            ", created_at::text as sort_key from org.invitation where tenant_id = $1::uuid" +
            " and ($2::text is null or status = $2::text)" + keyset_tail(kByCreation, true, after, 3)
    };
}

QueryParam status_param(std::optional<InvitationStatus> status) {
    if (!status) return std::nullopt;
    std::string name;
    contract::type_info<InvitationStatus>()->write(&*status, name);
    return name;
}

}  // namespace

const contract::TypeInfo* view_shape(const InvitationView*) {
    return contract::type_info<InvitationView>();
}

const ProjectionType& invitation_projection() {
    static const std::array kTables{table<InvitationRow>()};
    static const std::array kReactions{
        reaction<&invitation_created>(),
        reaction<&invitation_accepted>(touch_stream<InvitationRow>),
    };
    static const ProjectionType kProjection{"organizations.invitation", 1, kTables, kReactions};
    return kProjection;
}

std::optional<InvitationView> find_invitation(
    QueryReader& reader, TenantId organization, InvitationId invitation
) {
    static const Statement kById{
        "invitation.by_id",
        select_invitations() + " from org.invitation where tenant_id = $1::uuid and id = $2::uuid", true
    };
    const std::array params{QueryParam(organization.to_string()), QueryParam(invitation.to_string())};
    return read_one<InvitationView>(*reader.query(organization, kById, params));
}

Page<InvitationView> list_invitations(
    QueryReader& reader, TenantId organization, std::optional<InvitationStatus> status,
    const PageRequest& page
) {
    static const Statement kFirst = list_statement(false);
    static const Statement kNext = list_statement(true);
    std::vector<QueryParam> params{organization.to_string(), status_param(status)};
    add_page_params(page, params);
    return read_page<InvitationView>(*reader.query(organization, page.after ? kNext : kFirst, params), page);
}

}  // namespace annals::organizations
