#include "domain/kernel/epochs.hpp"

#include <algorithm>
#include <utility>

namespace annals {

EpochHistory::EpochHistory(std::vector<EpochStart> starts) : starts_(std::move(starts)) {
    std::ranges::sort(starts_, {}, [](const EpochStart& start) {
        return std::pair(start.epoch, start.partition);
    });
    if (!starts_.empty()) current_ = starts_.back().epoch;
}

std::uint32_t EpochHistory::at(std::uint16_t partition, std::uint64_t number) const {
    std::uint32_t epoch = 1;
    for (const EpochStart& start : starts_) {
        if (start.partition == partition && start.after < number) epoch = start.epoch;
    }
    return epoch;
}

bool EpochHistory::superseded(const Position& position) const {
    return std::ranges::any_of(starts_, [&](const EpochStart& start) {
        return start.partition == position.partition && start.epoch > position.epoch &&
               start.after < position.number;
    });
}

}  // namespace annals
