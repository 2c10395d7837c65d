#include "domain/identity/contract.hpp"

#include "domain/contract/describe.hpp"
#include "domain/identity/commands.hpp"
#include "domain/identity/events.hpp"
#include "domain/identity/session.hpp"
#include "domain/identity/user.hpp"

#include <array>

namespace annals::identity {

std::span<const contract::EventType> events() {
    static const std::array kEvents{
        contract::event<UserRegistered>(User::kCategory),
        contract::event<LoginSucceeded>(User::kCategory),
        contract::event<LoginFailed>(User::kCategory),
        contract::event<UserLocked>(User::kCategory),
        contract::event<SessionStarted>(Session::kCategory),
        contract::event<SessionRefreshed>(Session::kCategory),
        contract::event<SessionCompromised>(Session::kCategory),
        contract::event<SessionRevoked>(Session::kCategory),
    };
    return kEvents;
}

std::span<const contract::CommandShape> commands() {
    static const std::array kCommands{
        contract::command<RegisterUser>(),       contract::command<RecordLogin>(),
        contract::command<RecordLoginFailure>(), contract::command<RefreshSession>(),
        contract::command<RevokeSession>(),
    };
    return kCommands;
}

std::span<const contract::StateShape> states() {
    static const std::array kStates{contract::state<User>(), contract::state<Session>()};
    return kStates;
}

}  // namespace annals::identity
