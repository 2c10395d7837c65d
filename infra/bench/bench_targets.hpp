#pragma once

#include "infra/bench/http_client.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace annals::bench {

inline constexpr std::size_t kTargetsMax = 10'000;

/// Where tasks are created.
struct Target {
    std::string token;
    std::string project;
};

/// Reads lines "ACCESS_TOKEN PROJECT_ID". Throws std::runtime_error when there are none.
std::vector<Target> read_targets(const std::string& path);

/// The bytes of a CreateTask; `number` makes its title.
std::string create_task_request(const Endpoint& api, const Target& target, std::uint64_t number);

}  // namespace annals::bench
