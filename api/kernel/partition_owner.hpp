#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace annals::api {

/// Which of the members decides for a partition. Of all members the `deciders` with the highest weight decide
/// at all; of these the one whose weight for the partition is highest. A weight is a hash of a name, and of
/// the partition (rendezvous hashing, Thaler & Ravishankar 1998): all who see the same members name the same
/// one, whatever their order, and when a member comes or goes only what it gets or had changes hands. Nothing
/// without members.
std::optional<std::size_t> partition_owner(
    std::uint16_t partition, std::span<const std::string> members, std::size_t deciders
);

}  // namespace annals::api
