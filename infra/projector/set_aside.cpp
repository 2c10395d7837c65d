#include "infra/projector/set_aside.hpp"

#include <algorithm>
#include <utility>

namespace annals::projector {

bool SetAside::put(std::uint16_t partition, std::string why, Time now) {
    const auto [at, is_new] = entries_.try_emplace(partition);
    Entry& entry = at->second;
    entry.why = std::move(why);
    entry.pause = std::clamp(entry.pause * 2, kAsideMin, kAsideMax);
    entry.again = now + entry.pause;
    return is_new;
}

void SetAside::keep_only(const std::set<std::uint16_t>& partitions) {
    std::erase_if(entries_, [&](const auto& each) { return !partitions.contains(each.first); });
}

bool SetAside::waits(std::uint16_t partition, Time now) const {
    const auto at = entries_.find(partition);
    return at != entries_.end() && now < at->second.again;
}

std::map<std::uint16_t, std::string> SetAside::reasons() const {
    std::map<std::uint16_t, std::string> reasons;
    for (const auto& [partition, entry] : entries_) reasons.emplace(partition, entry.why);
    return reasons;
}

}  // namespace annals::projector
