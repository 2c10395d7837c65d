#pragma once

#include "domain/kernel/ids.hpp"

#include <cstdint>

namespace annals {

/// The partition a realm lives in: FNV-1a (64 bit) over the id's bytes, folded, modulo the number of
/// partitions. Part of the stored format: it can never change for a log that has events.
inline std::uint16_t partition_of(TenantId realm, std::uint16_t partitions) {
    std::uint64_t hash = 0xcbf29ce484222325ULL;
    for (const std::uint8_t byte : realm.value.bytes) {
        hash ^= byte;
        hash *= 0x100000001b3ULL;
    }
    return static_cast<std::uint16_t>((hash ^ (hash >> 32U)) % partitions);
}

}  // namespace annals
