#pragma once

#include "domain/contract/docs.hpp"
#include "domain/kernel/ids.hpp"
#include "domain/kernel/time.hpp"
#include "domain/organizations/values.hpp"
#include "projections/kernel/projection.hpp"
#include "projections/kernel/query_reader.hpp"

#include <array>
#include <boost/describe/class.hpp>
#include <cstdint>
#include <optional>
#include <string>

namespace annals::organizations {

struct OrganizationRow {
    static constexpr std::string_view kTable = "org.organization";
    TenantId tenant_id{};
    TenantId id{};  ///< the same: an organization is its own realm
    std::string name{};
    std::string slug{};
    TenantKind kind{};
    UserId owner{};
    std::optional<std::string> time_zone{};
    std::optional<std::string> currency{};
    std::optional<std::string> locale{};
    Instant created_at{};
    Instant updated_at{};
    std::uint64_t version{0};
};
BOOST_DESCRIBE_STRUCT(
    OrganizationRow, (),
    (tenant_id, id, name, slug, kind, owner, time_zone, currency, locale, created_at, updated_at, version)
)

/// An organization.
struct OrganizationView {
    TenantId id{};
    std::string name{};
    std::string slug{};
    TenantKind kind{};
    UserId owner{};
    std::optional<std::string> time_zone{};
    std::optional<std::string> currency{};
    std::optional<std::string> locale{};
    Instant created_at{};
    Instant updated_at{};
    std::uint64_t version{0};
};
BOOST_DESCRIBE_STRUCT(
    OrganizationView, (),
    (id, name, slug, kind, owner, time_zone, currency, locale, created_at, updated_at, version)
)
constexpr auto contract_docs(const OrganizationView*) {
    return std::array{
        contract::FieldDoc{"id", "the organization's id"},
        contract::FieldDoc{"name", "what people call it"},
        contract::FieldDoc{"slug", "its name in addresses; unique over all organizations"},
        contract::FieldDoc{"kind", "what sort of organization it is"},
        contract::FieldDoc{"owner", "the person who founded it"},
        contract::FieldDoc{"time_zone", "the IANA time zone that days are counted in"},
        contract::FieldDoc{"currency", "the ISO 4217 currency of amounts unless said otherwise"},
        contract::FieldDoc{"locale", "the BCP 47 language tag for members who chose none"},
        contract::FieldDoc{"created_at", "when it was founded"},
        contract::FieldDoc{"updated_at", "when it last changed"},
        contract::FieldDoc{"version", "the version of the organization, for If-Match"},
    };
}
const contract::TypeInfo* view_shape(const OrganizationView*);

const ProjectionType& organization_projection();

std::optional<OrganizationView> find_organization(QueryReader& reader, TenantId organization);

}  // namespace annals::organizations
