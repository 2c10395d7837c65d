#pragma once

#include "commands/ports/event_store.hpp"

namespace annals::organizations {

/// Taken once, by the first organization of an installation. Whoever founded that one is the platform's
/// administrator.
inline ReservationKey bootstrap_reservation() {
    return {kPlatformRealm, "platform.bootstrap", "done"};
}

}  // namespace annals::organizations
