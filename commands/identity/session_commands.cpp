#include "commands/identity/session_commands.hpp"

#include "commands/kernel/command_table.hpp"
#include "domain/identity/session.hpp"

#include <array>
#include <variant>

namespace annals::identity {
namespace {

/// A reused token is accepted as a fact: the session ends with SessionCompromised, and the vault keeps the
/// hash it has.
Handled refresh_session(CommandScope& scope, const RefreshSession& command) {
    const auto& state = scope.load_target<Session>();
    auto decision = Session::decide(state, command, scope.now());
    const bool refreshed = decision && std::holds_alternative<SessionRefreshed>(decision->front());
    if (refreshed) {
        scope.store_credential(
            {state.credential_id, scope.realm(), "refresh-token", command.next_token_hash.str()}
        );
    }
    return scope.append<Session>(std::move(decision));
}

Handled revoke_session(CommandScope& scope, const RevokeSession& command) {
    return scope.append<Session>(Session::decide(scope.load_target<Session>(), command));
}

}  // namespace

std::span<const CommandType> session_commands() {
    static const std::array kCommands{
        command_row<Session, &refresh_session>(Target::existing, Access::internal),
        command_row<Session, &revoke_session>(Target::existing, Access::internal),
    };
    return kCommands;
}

}  // namespace annals::identity
