#pragma once

#include "domain/kernel/ids.hpp"

#include <cstdint>
#include <vector>

namespace annals {

/// Where the log ends: its epoch, and the head of each partition; index = partition.
struct LogEnd {
    std::uint32_t epoch{1};
    std::vector<std::uint64_t> heads;
    friend bool operator==(const LogEnd&, const LogEnd&) = default;
};

/// Where a raised epoch begins in one partition.
struct EpochStart {
    std::uint16_t partition{0};
    std::uint32_t epoch{0};
    std::uint64_t after{0};  ///< events beyond this position carry this epoch or a later one
    friend bool operator==(const EpochStart&, const EpochStart&) = default;
};

/// The epochs of a log. Positions go on over a raised epoch, so most positions of an older one still name
/// what they always did; those beyond the point where the log was restored name something it no longer has.
class EpochHistory {
public:
    /// A log that was never restored.
    EpochHistory() = default;
    /// In any order.
    explicit EpochHistory(std::vector<EpochStart> starts);

    /// The epoch of what is appended now; 1 when it was never raised.
    [[nodiscard]] std::uint32_t current() const { return current_; }
    /// The epoch that the event at this position carries.
    [[nodiscard]] std::uint32_t at(std::uint16_t partition, std::uint64_t number) const;
    /// Whether the position is of a past that the log was restored from.
    [[nodiscard]] bool superseded(const Position& position) const;

    friend bool operator==(const EpochHistory&, const EpochHistory&) = default;

private:
    std::vector<EpochStart> starts_;  ///< ascending by epoch
    std::uint32_t current_{1};
};

}  // namespace annals
