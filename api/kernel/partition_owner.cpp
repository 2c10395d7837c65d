#include "api/kernel/partition_owner.hpp"

#include <algorithm>
#include <functional>
#include <numeric>
#include <utility>
#include <vector>

namespace annals::api {
namespace {

/// Stands for the log as a whole; no partition has it.
constexpr std::uint16_t kWholeLog = 0xffff;

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

std::optional<std::size_t> partition_owner(
    std::uint16_t partition, std::span<const std::string> members, std::size_t deciders
) {
    std::vector<std::size_t> chosen(members.size());
    std::iota(chosen.begin(), chosen.end(), std::size_t{0});
    const auto by_weight = [members](std::uint16_t what) {
        return [members, what](std::size_t i) { return std::pair(weight(what, members[i]), members[i]); };
    };
    if (deciders < chosen.size()) {
        std::ranges::sort(chosen, std::greater{}, by_weight(kWholeLog));
        chosen.resize(deciders);
    }
    if (chosen.empty()) return std::nullopt;
    return *std::ranges::max_element(chosen, {}, by_weight(partition));
}

}  // namespace annals::api
