#include "infra/bench/bench_targets.hpp"

#include <fmt/format.h>
#include <fstream>
#include <stdexcept>

namespace annals::bench {

std::vector<Target> read_targets(const std::string& path) {
    std::ifstream file(path);
    std::vector<Target> targets;
    Target target;
    while (targets.size() < kTargetsMax && file >> target.token >> target.project) targets.push_back(target);
    if (targets.empty()) throw std::runtime_error(path + " names no targets");
    return targets;
}

std::string create_task_request(const Endpoint& api, const Target& target, std::uint64_t number) {
    return write_request(
        api, "POST", "/api/v1/projects/" + target.project + "/tasks",
        {"Authorization: Bearer " + target.token, "Content-Type: application/json"},
        fmt::format(R"({{"title":"A task of the bench, number {}","priority":"medium"}})", number)
    );
}

}  // namespace annals::bench
