#include "commands/identity/user_commands.hpp"

#include "commands/identity/registration.hpp"
#include "commands/kernel/command_table.hpp"
#include "domain/identity/session.hpp"
#include "domain/identity/user.hpp"

#include <array>

namespace annals::identity {
namespace {

Handled register_user(CommandScope& scope, const RegisterUser& command) {
    return register_person(scope, UserId{scope.target()}, command);
}

/// A login is an event of the account and the beginning of a session; both are in the person's realm.
Handled record_login(CommandScope& scope, const RecordLogin& command) {
    const UserId person{scope.target()};
    const Uuid session = command.session_id.value;
    auto login = scope.append<User>(User::decide(scope.load_target<User>(), command, scope.now()));
    if (!login) return login;
    const auto& state = *scope.load<Session>(scope.realm(), session).first;
    auto started = scope.append<Session>(scope.realm(), session, Session::decide(state, command, person));
    if (!started) return started;
    scope.store_credential({command.credential_id, scope.realm(), "refresh-token", command.token_hash.str()});
    return {};
}

Handled record_login_failure(CommandScope& scope, const RecordLoginFailure& command) {
    return scope.append<User>(User::decide(scope.load_target<User>(), command, scope.now()));
}

}  // namespace

std::span<const CommandType> user_commands() {
    static const std::array kCommands{
        command_row<User, &register_user>(Target::creates, Access::internal),
        command_row<User, &record_login>(Target::existing, Access::internal),
        command_row<User, &record_login_failure>(Target::existing, Access::internal),
    };
    return kCommands;
}

}  // namespace annals::identity
