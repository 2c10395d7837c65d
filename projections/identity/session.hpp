#pragma once

#include "domain/contract/docs.hpp"
#include "domain/kernel/ids.hpp"
#include "domain/kernel/time.hpp"
#include "projections/kernel/projection.hpp"
#include "projections/kernel/query_reader.hpp"

#include <array>
#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>
#include <cstdint>
#include <optional>
#include <string>

namespace annals::identity {

enum class SessionState : std::uint8_t {
    active,
    compromised,  ///< an old refresh token was presented
    revoked
};
BOOST_DESCRIBE_ENUM(SessionState, active, compromised, revoked)

struct SessionRow {
    static constexpr std::string_view kTable = "idn.session";
    TenantId tenant_id{};  ///< the person's own realm
    SessionId id{};
    UserId user_id{};
    std::optional<TenantId> organization_id{};
    SessionState state{};
    std::optional<std::string> device_name{};
    Instant started_at{};
    Instant expires_at{};
    std::int64_t generation{0};
    std::uint64_t version{0};
};
BOOST_DESCRIBE_STRUCT(
    SessionRow, (),
    (tenant_id, id, user_id, organization_id, state, device_name, started_at, expires_at, generation, version)
)

/// A login of a person on a device.
struct SessionView {
    SessionId id{};
    UserId user_id{};
    std::optional<TenantId> organization_id{};
    SessionState state{};
    std::optional<std::string> device_name{};
    Instant started_at{};
    Instant expires_at{};
    std::uint64_t version{0};
};
BOOST_DESCRIBE_STRUCT(
    SessionView, (), (id, user_id, organization_id, state, device_name, started_at, expires_at, version)
)
constexpr auto contract_docs(const SessionView*) {
    return std::array{
        contract::FieldDoc{"id", "the session's id, which its access tokens name"},
        contract::FieldDoc{"user_id", "the person who logged in"},
        contract::FieldDoc{"organization_id", "the organization the session acts in"},
        contract::FieldDoc{"state", "whether it can be used"},
        contract::FieldDoc{"device_name", "what the person calls the device"},
        contract::FieldDoc{"started_at", "when the person logged in"},
        contract::FieldDoc{"expires_at", "the instant after which it cannot be refreshed"},
        contract::FieldDoc{"version", "the version of the session, for If-Match"},
    };
}
const contract::TypeInfo* view_shape(const SessionView*);

const ProjectionType& session_projection();

/// The question behind the few-second check of every access token.
std::optional<SessionView> find_session(QueryReader& reader, UserId person, SessionId session);

}  // namespace annals::identity
