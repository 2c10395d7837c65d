#pragma once

#include <chrono>
#include <string>
#include <string_view>

namespace annals::bench {

/// Lines on standard input by which the program that started a run directs it. One thread at a time.
class Orders {
public:
    enum class Outcome {
        given,
        late,  ///< the time came first
        alone  ///< standard input ended: whoever directed the run is gone
    };
    /// Waits for the line that is exactly `order`; other lines are passed over.
    Outcome wait_for(std::string_view order, std::chrono::steady_clock::time_point until);

private:
    std::string buffer_;
};

}  // namespace annals::bench
