#include "projections/identity/person.hpp"

#include "domain/identity/events.hpp"
#include "projections/kernel/declare.hpp"

namespace annals::identity {
namespace {

using contract::Envelope;

template <class T>
std::optional<std::string> text_of(const Sealed<T>& sealed) {
    return sealed.value ? std::optional(sealed.value->str()) : std::nullopt;
}

PersonRow& changed(const Envelope& at, RowSet& rows) {
    auto& row = rows.require<PersonRow>(at.tenant, at.stream);
    row.version = at.version;
    return row;
}

void user_registered(const UserRegistered& event, const Envelope& at, RowSet& rows) {
    PersonRow row{.tenant_id = at.tenant, .id = UserId{at.stream}};
    row.email = text_of(event.email);
    row.display_name = text_of(event.display_name);
    row.registered_at = at.effective_at;
    row.version = at.version;
    rows.put(std::move(row));
}

void login_succeeded(const LoginSucceeded&, const Envelope& at, RowSet& rows) {
    PersonRow& row = changed(at, rows);
    row.last_login_at = at.effective_at;
    row.locked_until.reset();
}

void login_failed(const LoginFailed&, const Envelope& at, RowSet& rows) {
    changed(at, rows);
}

void user_locked(const UserLocked& event, const Envelope& at, RowSet& rows) {
    changed(at, rows).locked_until = event.until;
}

}  // namespace

const contract::TypeInfo* view_shape(const PersonView*) {
    return contract::type_info<PersonView>();
}

const ProjectionType& person_projection() {
    static const std::array kTables{table<PersonRow>()};
    static const std::array kReactions{
        reaction<&user_registered>(),
        reaction<&login_succeeded>(touch_stream<PersonRow>),
        reaction<&login_failed>(touch_stream<PersonRow>),
        reaction<&user_locked>(touch_stream<PersonRow>),
    };
    static const ProjectionType kProjection{"identity.person", 1, kTables, kReactions};
    return kProjection;
}

std::optional<PersonView> find_person(QueryReader& reader, UserId person) {
    static const Statement kById{
        "person.by_id",
        "select " + column_list(*contract::type_info<PersonView>()) +
            " from idn.person where tenant_id = $1::uuid and id = $2::uuid",
        true
    };
    const std::array params{QueryParam(person.to_string()), QueryParam(person.to_string())};
    return read_one<PersonView>(*reader.query(realm_of(person), kById, params));
}

}  // namespace annals::identity
