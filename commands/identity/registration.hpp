#pragma once

#include "commands/kernel/command_table.hpp"
#include "domain/identity/user.hpp"

namespace annals::identity {

/// The reservation that makes an e-mail address unique over all people and leads to its account.
ReservationKey email_reservation(CommandScope& scope, const Email& email);

/// Makes an account with its reservation, its data key and its password in the vault. DUPLICATE when the
/// address has an account.
Handled register_person(CommandScope& scope, UserId person, const RegisterUser& command);

}  // namespace annals::identity
