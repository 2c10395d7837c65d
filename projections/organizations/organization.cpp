#include "projections/organizations/organization.hpp"

#include "domain/organizations/events.hpp"
#include "projections/kernel/declare.hpp"

namespace annals::organizations {
namespace {

using contract::Envelope;

template <class T>
std::optional<std::string> text_of(const std::optional<T>& value) {
    return value ? std::optional(value->str()) : std::nullopt;
}

void tenant_created(const TenantCreated& event, const Envelope& at, RowSet& rows) {
    OrganizationRow row{.tenant_id = at.tenant, .id = TenantId{at.stream}};
    row.name = event.name.str();
    row.slug = event.slug.str();
    row.kind = event.kind;
    row.owner = event.owner;
    row.time_zone = text_of(event.time_zone);
    row.currency = text_of(event.currency);
    row.locale = text_of(event.locale);
    row.created_at = row.updated_at = at.effective_at;
    row.version = at.version;
    rows.put(std::move(row));
}

void tenant_renamed(const TenantRenamed& event, const Envelope& at, RowSet& rows) {
    auto& row = rows.require<OrganizationRow>(at.tenant, at.stream);
    row.name = event.name.after.str();
    row.updated_at = at.effective_at;
    row.version = at.version;
}

}  // namespace

const contract::TypeInfo* view_shape(const OrganizationView*) {
    return contract::type_info<OrganizationView>();
}

const ProjectionType& organization_projection() {
    static const std::array kTables{table<OrganizationRow>()};
    static const std::array kReactions{
        reaction<&tenant_created>(),
        reaction<&tenant_renamed>(touch_stream<OrganizationRow>),
    };
    static const ProjectionType kProjection{"organizations.organization", 1, kTables, kReactions};
    return kProjection;
}

std::optional<OrganizationView> find_organization(QueryReader& reader, TenantId organization) {
    static const Statement kById{
        "organization.by_id",
        "select " + column_list(*contract::type_info<OrganizationView>()) +
            " from org.organization where tenant_id = $1::uuid and id = $2::uuid",
        true
    };
    const std::array params{QueryParam(organization.to_string()), QueryParam(organization.to_string())};
    return read_one<OrganizationView>(*reader.query(organization, kById, params));
}

}  // namespace annals::organizations
