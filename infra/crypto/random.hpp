#pragma once

#include "domain/kernel/ids.hpp"

#include <cstdint>
#include <span>

namespace annals::crypto {

/// Fills the span with cryptographically secure random bytes. Any thread; small requests come from a pool of
/// 4 KiB per thread (bytes are wiped once given out; a fork drops the pool), large ones from the system.
void random_bytes(std::span<std::uint8_t> out);

/// A new UUIDv7 (RFC 9562 section 5.7) of the system clock. Within a thread ids rise strictly, also when the
/// clock steps back: the 12 bits after the milliseconds are a counter that starts anew at random each
/// millisecond (section 6.2, method 1) and carries into the time when it is full.
Uuid uuid7();

/// uuid7() of a given time, in milliseconds since 1970; still never below the last id of the thread.
Uuid uuid7_at(std::uint64_t unix_ms);

template <class AnyId>
AnyId new_id() {
    return AnyId{uuid7()};
}

}  // namespace annals::crypto
