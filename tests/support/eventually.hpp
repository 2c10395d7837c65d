#pragma once

#include <chrono>
#include <functional>
#include <thread>

namespace annals::test {

inline constexpr std::chrono::milliseconds kAskAgain{2};

/// Asks until it holds; false when it does not within the limit.
inline bool eventually(
    const std::function<bool()>& condition, std::chrono::milliseconds limit = std::chrono::seconds(20)
) {
    const auto until = std::chrono::steady_clock::now() + limit;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > until) return false;
        std::this_thread::sleep_for(kAskAgain);
    }
    return true;
}

}  // namespace annals::test
