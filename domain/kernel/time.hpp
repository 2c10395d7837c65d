#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace annals {

/// A point in time: microseconds since 1970-01-01T00:00:00Z. The domain never asks a clock; instants are
/// handed in.
struct Instant {
    std::int64_t micros{0};

    /// Reads RFC 3339 with `Z` or an offset, up to six fractional digits, years 0001 to 9999. A leap second
    /// (":60") is refused, because it has no microsecond of its own in UTC as computers count it.
    static std::optional<Instant> parse(std::string_view text);
    /// Writes 2026-11-21T06:18:00.000000Z: always UTC, always six digits, so that text order is time order.
    [[nodiscard]] std::string to_string() const;
    void append_to(std::string& out) const;

    friend auto operator<=>(const Instant&, const Instant&) = default;
};

inline constexpr std::int64_t kMicrosPerSecond = 1'000'000;
inline Instant operator+(Instant from, std::int64_t micros) {
    return Instant{from.micros + micros};
}

/// A calendar day without a time zone, years 0001 to 9999 of the proleptic Gregorian calendar.
struct Date {
    std::int32_t year{1970};
    std::uint8_t month{1};
    std::uint8_t day{1};

    /// Reads YYYY-MM-DD; a day that does not exist is refused.
    static std::optional<Date> parse(std::string_view text);
    [[nodiscard]] std::string to_string() const;

    friend auto operator<=>(const Date&, const Date&) = default;
};

}  // namespace annals
