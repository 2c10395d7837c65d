#pragma once

#include "commands/ports/event_store.hpp"

#include <cstdint>
#include <vector>

namespace annals {

/// Holds the heads of an append that was lost while it is decided again: nobody moves them meanwhile. Null:
/// holds nothing.
class HeldHeads {
public:
    HeldHeads(EventStore& store, const AppendBatch* lost) : store_(store) {
        if (lost == nullptr) return;
        std::vector<std::uint16_t> partitions;
        for (const PartitionMove& move : lost->partitions) partitions.push_back(move.partition);
        store_.hold_heads(partitions);
    }
    ~HeldHeads() { store_.release_heads(); }
    HeldHeads(const HeldHeads&) = delete;
    HeldHeads& operator=(const HeldHeads&) = delete;

private:
    EventStore& store_;
};

}  // namespace annals
