#include "commands/identity/registration.hpp"

namespace annals::identity {

ReservationKey email_reservation(std::string email_index) {
    return {kPlatformRealm, std::string(kEmailScope), std::move(email_index)};
}

ReservationKey email_reservation(CommandScope& scope, const Email& email) {
    return email_reservation(scope.blind_index(kEmailScope, email.str()));
}

Handled register_person(CommandScope& scope, UserId person, const RegisterUser& command) {
    const TenantId realm = realm_of(person);
    auto decision = User::decide(*scope.load<User>(realm, person.value).first, command, person);
    if (!decision) return std::unexpected(std::move(decision).error());
    const ReservationKey email = email_reservation(scope, command.email);
    if (scope.reservation(email)) {
        return std::unexpected(reject_duplicate("/email", "the e-mail address has an account already"));
    }
    scope.reserve(email, {person.value, realm});
    scope.create_subject(realm, person.value);
    scope.store_credential({command.credential_id, realm, "password", command.password_hash.str()});
    return scope.append<User>(realm, person.value, std::move(decision));
}

}  // namespace annals::identity
