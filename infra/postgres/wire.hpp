#pragma once

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

namespace annals::pg {

/// timestamptz counts microseconds from 2000-01-01T00:00:00Z; this is that instant counted from 1970.
inline constexpr std::int64_t kPostgresEpochMicros = 946'684'800LL * 1'000'000;

template <std::integral T>
void append_big_endian(std::string& out, T value) {
    auto bits = static_cast<std::make_unsigned_t<T>>(value);
    for (std::size_t i = sizeof(T); i-- > 0;) out.push_back(static_cast<char>((bits >> (8 * i)) & 0xffU));
}

/// A signed integer of 1 to 8 bytes.
inline std::int64_t read_big_endian(std::string_view bytes) {
    std::uint64_t bits = 0;
    for (const char byte : bytes) bits = (bits << 8U) | static_cast<unsigned char>(byte);
    const auto unused = static_cast<unsigned>(8 * (sizeof bits - bytes.size()));
    return std::bit_cast<std::int64_t>(bits << unused) >> unused;
}

}  // namespace annals::pg
