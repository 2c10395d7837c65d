#include "domain/kernel/rank.hpp"

#include "domain/kernel/assert.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace annals {
namespace {

constexpr std::string_view kDigits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
constexpr std::uint64_t kBase = 62;
constexpr std::size_t kIntegerDigitsMax = 8;

std::size_t digit_value(char c) {
    return kDigits.find(c);
}

/// A text strictly between two fractions, where the empty `high` stands for one and `low` may be empty for
/// zero. Neither ends in '0', so that every fraction has one spelling. Midpoint by digits, as in
/// "Implementing Fractional Indexing" (D. Greenspan).
std::string midpoint(std::string_view low, std::string_view high) {
    std::string prefix;
    if (!high.empty()) {
        std::size_t common = 0;
        while (common < high.size() && (common < low.size() ? low[common] : '0') == high[common]) ++common;
        prefix = high.substr(0, common);
        low.remove_prefix(std::min(common, low.size()));
        high.remove_prefix(common);
    }
    const std::size_t low_digit = low.empty() ? 0 : digit_value(low.front());
    const std::size_t high_digit = high.empty() ? kBase : digit_value(high.front());
    if (high_digit - low_digit > 1) return prefix + kDigits[(low_digit + high_digit) / 2];
    if (high.size() > 1) return prefix + high.front();
    return prefix + kDigits[low_digit] + midpoint(low.empty() ? low : low.substr(1), {});
}

/// Integer part: the letter 'a' plus its number of digits minus one, then the digits.
std::size_t integer_length(char head) {
    return static_cast<std::size_t>(head - 'a') + 2;
}

/// nth(0), so that a column can also grow at its beginning for millions of cards.
constexpr std::uint64_t kMiddle = kBase * kBase * kBase * kBase;

std::string integer_text(std::uint64_t value) {
    std::string digits;
    for (std::uint64_t rest = value; rest > 0; rest /= kBase) digits += kDigits[rest % kBase];
    if (digits.empty()) digits = "0";
    std::ranges::reverse(digits);
    ANNALS_ASSERT(digits.size() <= kIntegerDigitsMax, "rank counter beyond 62^8");
    return static_cast<char>('a' + digits.size() - 1) + digits;
}

std::uint64_t integer_value(std::string_view text) {
    std::uint64_t value = 0;
    for (const char digit : text.substr(1)) value = value * kBase + digit_value(digit);
    return value;
}

}  // namespace

bool Rank::shaped(std::string_view text) {
    if (text.size() < 2 || text.front() < 'a' || text.front() >= static_cast<char>('a' + kIntegerDigitsMax))
        return false;
    const auto is_digit = [](char c) { return kDigits.find(c) != std::string_view::npos; };
    return std::ranges::all_of(text.substr(1), is_digit) && text.size() >= integer_length(text.front());
}

Rank Rank::nth(std::uint64_t n) {
    return trusted(integer_text(kMiddle + n));
}

std::optional<Rank> Rank::between(const std::optional<Rank>& before, const std::optional<Rank>& after) {
    if (before && after && before->str() >= after->str()) return std::nullopt;
    const std::string low = before ? before->str() : std::string();
    const std::string high = after ? after->str() : std::string();
    if (high.empty() && low.empty()) return nth(1);
    if (low.empty()) {
        const std::size_t integer = integer_length(high.front());
        // Without its fraction a text is smaller; a whole one goes down by one, as often as kMiddle says.
        if (high.size() > integer) return trusted(high.substr(0, integer));
        const std::uint64_t value = integer_value(high);
        if (value == 0) return std::nullopt;
        return trusted(integer_text(value - 1));
    }
    const std::size_t integer = integer_length(low.front());
    const std::string low_integer = low.substr(0, integer);
    const bool same_integer = high.starts_with(low_integer);
    const auto low_fraction = std::string_view(low).substr(integer);
    const auto high_fraction = same_integer ? std::string_view(high).substr(integer) : std::string_view();
    std::string text = low_integer + midpoint(low_fraction, high_fraction);
    if (text.size() > kLengthMax) return std::nullopt;
    return trusted(std::move(text));
}

}  // namespace annals
