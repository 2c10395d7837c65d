#pragma once

#include <cstdint>
#include <string>

namespace annals::bench {

/// What `annals bench --workload visible` is told.
struct VisibleLoadOptions {
    double rate{1'000
    };  ///< commands per second, sent at their times whether or not earlier ones are answered
    std::uint32_t seconds{10};
    std::size_t connections{64};  ///< one thread each
    std::uint64_t seed{1};
    std::string api{};
    std::string targets_file{};  ///< lines "ACCESS_TOKEN PROJECT_ID"
    std::string json_file{};
};

inline constexpr double kRateMax = 100'000;

/// Measures how long after its acknowledgement a command is visible to queries, under a steady load: every
/// kSampledEvery-th CreateTask is followed by a query for the task with its position. The time of that query
/// is part of the figure. Prints it; 0 when every request was answered as it should be.
int run_visible_load(const VisibleLoadOptions& options);

}  // namespace annals::bench
