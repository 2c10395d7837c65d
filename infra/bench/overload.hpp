#pragma once

#include "infra/bench/open_loop.hpp"

#include <cstddef>
#include <cstdint>
#include <string>

namespace annals::bench {

/// What `annals bench --workload overload` and `--workload fairness` are told.
struct OverloadOptions {
    std::string api{};
    std::string targets_file{};  ///< lines "ACCESS_TOKEN PROJECT_ID"
    std::string rivals_file{};   ///< fairness: the same, of the realm that imports
    std::string json_file{};
    double factor{4};              ///< overload: times the capacity that was measured first
    std::uint32_t seconds{60};     ///< overload: of the overload; fairness: of all its rounds
    std::size_t connections{512};  ///< overload: of the overload; fairness: of the import
    double rate{20};               ///< fairness: commands per second of the realm that is measured
};

/// Measures the capacity, the times of answers at a tenth of it, and then offers `factor` times the capacity
/// for `seconds`: what is accepted and refused, in what time, and the server's memory (from its /metrics) at
/// the beginning, in the middle and at the end. 0 when every refusal was a 503 with Retry-After within a
/// second and nothing else went wrong.
int run_overload(const OverloadOptions& options);

/// One realm sends few commands at a steady rate and asks for each until it is visible; by turns alone and
/// while another realm imports as fast as it can. Prints both times and their ratios. 0 when every command of
/// the first realm was accepted and became visible.
int run_fairness(const OverloadOptions& options);

}  // namespace annals::bench
