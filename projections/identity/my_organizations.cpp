#include "projections/identity/my_organizations.hpp"

#include "domain/organizations/events.hpp"
#include "projections/kernel/declare.hpp"

namespace annals::identity {
namespace {

using contract::Envelope;
using contract::RecordedEvent;

void touch_roster(const RecordedEvent& event, RowSet& rows) {
    rows.want<OrganizationRosterRow>(event.envelope.tenant, event.envelope.tenant.value);
}

void tenant_created(const organizations::TenantCreated& event, const Envelope& at, RowSet& rows) {
    rows.put(OrganizationRosterRow{at.tenant, at.tenant, event.name.str(), event.slug.str(), {}});
}

void tenant_renamed(const organizations::TenantRenamed& event, const Envelope& at, RowSet& rows) {
    auto& roster = rows.require<OrganizationRosterRow>(at.tenant, at.tenant.value);
    roster.name = event.name.after.str();
    for (const UserId& member : roster.members)
        rows.want<MyOrganizationRow>(realm_of(member), at.tenant.value);
    for (const UserId& member : roster.members) {
        rows.require<MyOrganizationRow>(realm_of(member), at.tenant.value).name = roster.name;
    }
}

void membership_created(const organizations::MembershipCreated& event, const Envelope& at, RowSet& rows) {
    auto& roster = rows.require<OrganizationRosterRow>(at.tenant, at.tenant.value);
    roster.members.push_back(event.user_id);
    rows.put(MyOrganizationRow{
        realm_of(event.user_id), at.tenant, roster.name, roster.slug, event.roles, at.effective_at
    });
}

}  // namespace

const contract::TypeInfo* view_shape(const MyOrganizationView*) {
    return contract::type_info<MyOrganizationView>();
}

const ProjectionType& my_organizations_projection() {
    static const std::array kTables{table<OrganizationRosterRow>(), table<MyOrganizationRow>()};
    static const std::array kReactions{
        reaction<&tenant_created>(),
        reaction<&tenant_renamed>(touch_roster),
        reaction<&membership_created>(touch_roster),
    };
    static const ProjectionType kProjection{"identity.my_organizations", 1, kTables, kReactions};
    return kProjection;
}

std::vector<MyOrganizationView> my_organizations(QueryReader& reader, UserId person) {
    static const Statement kOfPerson{
        "my_organizations.list", "select " + column_list(*contract::type_info<MyOrganizationView>()) +
                                     " from idn.my_organization where tenant_id = $1::uuid"
                                     " order by name, id limit $2::bigint"
    };
    const std::array params{QueryParam(person.to_string()), QueryParam(std::to_string(kMyOrganizationsMax))};
    return read_views<MyOrganizationView>(*reader.query(realm_of(person), kOfPerson, params));
}

}  // namespace annals::identity
