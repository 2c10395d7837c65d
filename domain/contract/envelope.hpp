#pragma once

#include "domain/contract/event_catalogue.hpp"
#include "domain/kernel/ids.hpp"
#include "domain/kernel/time.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace annals::contract {

/// Who did it. `support` acts under a support grant and names the person it helps in `on_behalf_of`.
enum class ActorKind : std::uint8_t { user, service, system, support };

struct Actor {
    ActorKind kind{ActorKind::system};
    Uuid id{};
    std::optional<Uuid> on_behalf_of{};
};

/// What is known of an event beside its data. Complete from the first event, because history cannot be asked
/// again.
struct Envelope {
    EventId event_id{};
    TenantId tenant{};
    std::uint64_t tenant_position{0};  ///< dense from 1 for each realm
    Position position{};
    std::string category;
    Uuid stream{};
    StreamVersion version{0};
    Instant effective_at{};  ///< when it is true in the business
    Instant recorded_at{};   ///< when it was appended
    Actor actor{};
    std::optional<SessionId> session{};
    std::string request_id;
    CommandId command{};
    std::optional<Uuid> causation{};
    Uuid correlation{};
    std::string reason;          ///< empty when none was given
    std::string client_address;  ///< sealed with the actor's key; empty when there was none
    std::string traceparent;     ///< W3C trace context of the request; empty when there was none
};

/// An event as it stands in the log, in its newest schema version.
struct RecordedEvent {
    Envelope envelope;
    AnyEvent event;
};

}  // namespace annals::contract
