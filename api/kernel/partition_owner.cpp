#include "api/kernel/partition_owner.hpp"

#include <tuple>

namespace annals::api {
namespace {

/// FNV-1a over the name and the partition, then the finaliser of MurmurHash3: without it names that differ in
/// their last letter only have weights that lie beside each other.
std::uint64_t weight(std::uint16_t partition, const std::string& member) {
    std::uint64_t hash = 0xcbf29ce484222325ULL;
    const auto mix = [&hash](std::uint8_t byte) {
        hash ^= byte;
        hash *= 0x100000001b3ULL;
    };
    for (const char c : member) mix(static_cast<std::uint8_t>(c));
    mix(static_cast<std::uint8_t>(partition >> 8U));
    mix(static_cast<std::uint8_t>(partition & 0xffU));
    hash ^= hash >> 33U;
    hash *= 0xff51afd7ed558ccdULL;
    hash ^= hash >> 33U;
    hash *= 0xc4ceb9fe1a85ec53ULL;
    hash ^= hash >> 33U;
    return hash;
}

}  // namespace

std::optional<std::size_t> partition_owner(std::uint16_t partition, std::span<const std::string> members) {
    std::optional<std::size_t> owner;
    std::uint64_t highest = 0;
    for (std::size_t i = 0; i < members.size(); ++i) {
        const std::uint64_t own = weight(partition, members[i]);
        if (owner && std::tie(own, members[i]) <= std::tie(highest, members[*owner])) continue;
        owner = i;
        highest = own;
    }
    return owner;
}

}  // namespace annals::api
