#include "infra/kafka/relay_status.hpp"

#include <algorithm>

namespace annals::kafka {
namespace {

constexpr std::chrono::seconds kUnansweredMax{5};

}  // namespace

std::string_view to_string(RelayPhase phase) {
    switch (phase) {
        case RelayPhase::stopped:
            return "stopped";
        case RelayPhase::starting:
            return "starting";
        case RelayPhase::standby:
            return "standby";
        case RelayPhase::publishing:
            return "publishing";
        case RelayPhase::retrying:
            return "retrying";
    }
    return "unknown";
}

std::string_view to_string(RelayPartitionState state) {
    switch (state) {
        case RelayPartitionState::unknown:
            return "unknown";
        case RelayPartitionState::refilling:
            return "refilling";
        case RelayPartitionState::current:
            return "current";
        case RelayPartitionState::refused:
            return "refused";
    }
    return "unknown";
}

void RelayStatus::see(const std::vector<std::uint64_t>& heads) {
    for (std::size_t p = 0; p < std::min(heads.size(), partitions.size()); ++p) partitions[p].head = heads[p];
}

std::uint64_t RelayStatus::behind() const {
    std::uint64_t events = 0;
    for (const RelayPartitionStatus& partition : partitions)
        events += partition.head - std::min(partition.head, partition.published);
    return events;
}

std::chrono::milliseconds RelayStatus::unanswered() const {
    if (!commit_since) return std::chrono::milliseconds{0};
    return std::chrono::duration_cast<std::chrono::milliseconds>(
        std::chrono::steady_clock::now() - *commit_since
    );
}

bool RelayStatus::healthy() const {
    const bool working = phase == RelayPhase::publishing || phase == RelayPhase::standby;
    return working && unanswered() < kUnansweredMax &&
           std::ranges::none_of(
               partitions, [](const RelayPartitionStatus& partition
                           ) { return partition.state == RelayPartitionState::refused; }
           );
}

}  // namespace annals::kafka
