#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace annals::api {

/// Which of the members decides for a partition: the one with the highest weight, a hash of partition and
/// name (rendezvous hashing, Thaler & Ravishankar 1998). All who see the same members name the same one,
/// whatever their order; when a member comes or goes, only partitions that it gets or had change hands.
/// Nothing without members.
std::optional<std::size_t> partition_owner(std::uint16_t partition, std::span<const std::string> members);

}  // namespace annals::api
