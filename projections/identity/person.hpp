#pragma once

#include "domain/contract/docs.hpp"
#include "domain/kernel/ids.hpp"
#include "domain/kernel/time.hpp"
#include "projections/kernel/projection.hpp"
#include "projections/kernel/query_reader.hpp"

#include <array>
#include <boost/describe/class.hpp>
#include <cstdint>
#include <optional>
#include <string>

namespace annals::identity {

struct PersonRow {
    static constexpr std::string_view kTable = "idn.person";
    TenantId tenant_id{};  ///< the person's own realm
    UserId id{};
    std::optional<std::string> email{};  ///< nothing once the person was erased
    std::optional<std::string> display_name{};
    std::optional<Instant> locked_until{};
    std::optional<Instant> last_login_at{};
    Instant registered_at{};
    std::uint64_t version{0};
};
BOOST_DESCRIBE_STRUCT(
    PersonRow, (), (tenant_id, id, email, display_name, locked_until, last_login_at, registered_at, version)
)

/// A person, as the person may see it.
struct PersonView {
    UserId id{};
    std::optional<std::string> email{};
    std::optional<std::string> display_name{};
    std::optional<Instant> locked_until{};
    std::optional<Instant> last_login_at{};
    Instant registered_at{};
    std::uint64_t version{0};
};
BOOST_DESCRIBE_STRUCT(
    PersonView, (), (id, email, display_name, locked_until, last_login_at, registered_at, version)
)
constexpr auto contract_docs(const PersonView*) {
    return std::array{
        contract::FieldDoc{"id", "the person's id"},
        contract::FieldDoc{"email", "the address the person logs in with; absent once the person was erased"},
        contract::FieldDoc{"display_name", "the name other people see; absent once the person was erased"},
        contract::FieldDoc{"locked_until", "until when the account is locked after failed logins"},
        contract::FieldDoc{"last_login_at", "the last successful login"},
        contract::FieldDoc{"registered_at", "when the account was made"},
        contract::FieldDoc{"version", "the version of the account, for If-Match"},
    };
}
const contract::TypeInfo* view_shape(const PersonView*);

const ProjectionType& person_projection();

std::optional<PersonView> find_person(QueryReader& reader, UserId person);

}  // namespace annals::identity
