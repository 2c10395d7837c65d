#pragma once

#include "commands/kernel/command_table.hpp"
#include "domain/identity/user.hpp"

namespace annals::identity {

/// Names the keyed hash of an e-mail address, and the reservation of it.
inline constexpr std::string_view kEmailScope = "idn.email";

/// The reservation that makes an e-mail address unique over all people and leads to its account.
ReservationKey email_reservation(std::string email_index);
ReservationKey email_reservation(CommandScope& scope, const Email& email);

/// Makes an account with its reservation, its data key and its password in the vault. DUPLICATE when the
/// address has an account.
Handled register_person(CommandScope& scope, UserId person, const RegisterUser& command);

}  // namespace annals::identity
