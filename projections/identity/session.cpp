#include "projections/identity/session.hpp"

#include "domain/identity/events.hpp"
#include "projections/kernel/declare.hpp"

namespace annals::identity {
namespace {

using contract::Envelope;

SessionRow& changed(const Envelope& at, RowSet& rows) {
    auto& row = rows.require<SessionRow>(at.tenant, at.stream);
    row.version = at.version;
    return row;
}

void session_started(const SessionStarted& event, const Envelope& at, RowSet& rows) {
    SessionRow row{.tenant_id = at.tenant, .id = SessionId{at.stream}};
    row.user_id = event.user_id;
    row.organization_id = event.tenant;
    if (event.device_name && event.device_name->value) row.device_name = event.device_name->value->str();
    row.started_at = at.effective_at;
    row.expires_at = event.expires_at;
    row.version = at.version;
    rows.put(std::move(row));
}

void session_refreshed(const SessionRefreshed& event, const Envelope& at, RowSet& rows) {
    changed(at, rows).generation = event.generation;
}

void session_compromised(const SessionCompromised&, const Envelope& at, RowSet& rows) {
    changed(at, rows).state = SessionState::compromised;
}

void session_revoked(const SessionRevoked&, const Envelope& at, RowSet& rows) {
    changed(at, rows).state = SessionState::revoked;
}

}  // namespace

const contract::TypeInfo* view_shape(const SessionView*) {
    return contract::type_info<SessionView>();
}

const ProjectionType& session_projection() {
    static const std::array kTables{table<SessionRow>()};
    static const std::array kReactions{
        reaction<&session_started>(),
        reaction<&session_refreshed>(touch_stream<SessionRow>),
        reaction<&session_compromised>(touch_stream<SessionRow>),
        reaction<&session_revoked>(touch_stream<SessionRow>),
    };
    static const ProjectionType kProjection{"identity.session", 1, kTables, kReactions};
    return kProjection;
}

std::optional<SessionView> find_session(QueryReader& reader, UserId person, SessionId session) {
    static const Statement kById{
        "session.by_id",
        "select " + column_list(*contract::type_info<SessionView>()) +
            " from idn.session where tenant_id = $1::uuid and id = $2::uuid",
        true
    };
    const std::array params{QueryParam(person.to_string()), QueryParam(session.to_string())};
    return read_one<SessionView>(*reader.query(realm_of(person), kById, params));
}

}  // namespace annals::identity
