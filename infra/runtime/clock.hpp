#pragma once

#include "commands/ports/environment.hpp"
#include "domain/kernel/time.hpp"

#include <chrono>

namespace annals::runtime {

/// The wall clock, in microseconds. It may step; durations are measured with std::chrono::steady_clock.
inline Instant now() {
    const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
    return Instant{std::chrono::duration_cast<std::chrono::microseconds>(since_epoch).count()};
}

/// now() as the port of the command side. Any thread.
class SystemClock final : public Clock {
public:
    Instant now() override { return runtime::now(); }
};

}  // namespace annals::runtime
