#include "domain/identity/session.hpp"

#include "domain/kernel/overloaded.hpp"

namespace annals::identity {
namespace {

std::optional<Sealed<DeviceName>> sealed_device(const RecordLogin& command, UserId user) {
    if (!command.device_name || command.device_name->empty()) return std::nullopt;
    return Sealed<DeviceName>(user.value, *command.device_name);
}

}  // namespace

static_assert(Decider<Session>);

Session::State Session::evolve(State state, const Event& event) {
    std::visit(
        Overloaded{
            [&](const SessionStarted& started) {
                state.status = SessionStatus::active;
                state.user_id = started.user_id;
                state.tenant = started.tenant;
                state.credential_id = started.credential_id;
                state.expires_at = started.expires_at;
            },
            [&](const SessionRefreshed& refreshed) { state.generation = refreshed.generation; },
            [&](const SessionCompromised&) { state.status = SessionStatus::compromised; },
            [&](const SessionRevoked&) { state.status = SessionStatus::revoked; },
        },
        event
    );
    return state;
}

Decision<Session::Event> Session::decide(const State& state, const RecordLogin& command, UserId user) {
    if (state.status != SessionStatus::none) {
        return std::unexpected(reject("DUPLICATE", "the session was started before"));
    }
    return {{SessionStarted{
        .user_id = user,
        .tenant = command.tenant,
        .credential_id = command.credential_id,
        .device_name = sealed_device(command, user),
        .expires_at = command.expires_at,
    }}};
}

Decision<Session::Event> Session::decide(const State& state, const RefreshSession& command, Instant now) {
    const std::int64_t presented = command.presented_generation;
    if (!is_active(state, now) || presented < 0 || presented > state.generation) {
        return std::unexpected(reject("TOKEN_INVALID", "the refresh token is not valid"));
    }
    if (presented < state.generation) return {{SessionCompromised{}}};
    return {{SessionRefreshed{.generation = state.generation + 1}}};
}

Decision<Session::Event> Session::decide(const State& state, const RevokeSession&) {
    if (state.status == SessionStatus::none)
        return std::unexpected(reject("NOT_FOUND", "there is no such session"));
    if (state.status != SessionStatus::active) return std::vector<Event>{};
    return {{SessionRevoked{}}};
}

bool Session::is_active(const State& state, Instant now) {
    return state.status == SessionStatus::active && now < state.expires_at;
}

}  // namespace annals::identity
