#pragma once

#include "commands/ports/event_store.hpp"

#include <cstdint>
#include <optional>
#include <span>

namespace annals {

/// Holds the heads of partitions while a batch is decided for them: nobody moves them meanwhile. Without
/// partitions: holds nothing.
class HeldHeads {
public:
    HeldHeads(EventStore& store, std::span<const std::uint16_t> partitions) : store_(store) {
        if (!partitions.empty()) end_ = store_.hold_heads(partitions);
    }
    ~HeldHeads() { store_.release_heads(); }
    HeldHeads(const HeldHeads&) = delete;
    HeldHeads& operator=(const HeldHeads&) = delete;

    /// Where the log ends while they are held.
    [[nodiscard]] const std::optional<LogEnd>& end() const { return end_; }

private:
    EventStore& store_;
    std::optional<LogEnd> end_;
};

}  // namespace annals
