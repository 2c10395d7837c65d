#pragma once

#include "infra/postgres/partition_leases.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace annals::projector {

struct LeasePlan {
    std::vector<pg::LeaseRow> take;      ///< free ones that are to become ours
    std::vector<std::uint16_t> give_up;  ///< what we hold too much
};

/// What one of the living processes does about the leases as they are. Every process has the same number or
/// one more; whoever holds more already keeps it, so that as little as possible moves. Processes that see the
/// same take different partitions. `self` counts as living in any case.
LeasePlan plan_leases(
    const std::string& self, std::span<const std::string> living, std::span<const pg::LeaseRow> leases
);

}  // namespace annals::projector
