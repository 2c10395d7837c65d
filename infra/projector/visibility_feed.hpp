#pragma once

#include "infra/postgres/listener.hpp"
#include "projections/kernel/visibility.hpp"

#include <memory>
#include <string>

namespace annals::projector {

/// Feeds a Visibility from the projector of another process: by notifications, and by the checkpoints and
/// raised epochs each time it (re)connects, because meanwhile something may have been missed. Stops when it
/// is destroyed, which must be before the Visibility. Needs the engine's DSN.
class VisibilityFeed {
public:
    VisibilityFeed(std::string dsn, Visibility& visibility);

private:
    void read_checkpoints();

    std::string dsn_;
    Visibility& visibility_;
    std::unique_ptr<pg::Listener> listener_;
};

}  // namespace annals::projector
