#include "domain/kernel/ids.hpp"

#include <charconv>

namespace annals {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";

constexpr std::uint8_t kNoHexDigit = 0xFF;
constexpr std::array<std::uint8_t, 256> kHexValues = [] {
    std::array<std::uint8_t, 256> values{};
    values.fill(kNoHexDigit);
    for (std::uint8_t digit = 0; digit < 10; ++digit) values['0' + digit] = digit;
    for (std::uint8_t digit = 10; digit < 16; ++digit) values['a' + digit - 10] = digit;
    for (std::uint8_t digit = 10; digit < 16; ++digit) values['A' + digit - 10] = digit;
    return values;
}();
/// Where each byte's first digit stands in the text.
constexpr std::array<std::size_t, 16> kBytePlaces{0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34};

bool is_dash_place(std::size_t place) {
    return place == 8 || place == 13 || place == 18 || place == 23;
}

template <class Number>
bool read_number(std::string_view text, Number& out) {
    // A leading zero or sign would let one position be written in two ways.
    if (text.empty() || (text.size() > 1 && text.front() == '0')) return false;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    return error == std::errc{} && end == text.data() + text.size();
}

}  // namespace

std::optional<Uuid> Uuid::parse(std::string_view text) {
    if (text.size() != 36) return std::nullopt;
    if (text[8] != '-' || text[13] != '-' || text[18] != '-' || text[23] != '-') return std::nullopt;
    Uuid id;
    // An event line holds a dozen ids, so the digits are looked up without a branch and judged at the end.
    std::uint8_t digits = 0;
    for (std::size_t i = 0; i < id.bytes.size(); ++i) {
        const std::uint8_t high = kHexValues[static_cast<std::uint8_t>(text[kBytePlaces[i]])];
        const std::uint8_t low = kHexValues[static_cast<std::uint8_t>(text[kBytePlaces[i] + 1])];
        digits |= high | low;
        id.bytes[i] = static_cast<std::uint8_t>((high << 4U) | low);
    }
    if (digits == kNoHexDigit) return std::nullopt;
    return id;
}

void Uuid::append_to(std::string& out) const {
    std::array<char, 36> text;
    std::size_t at = 0;
    for (const std::uint8_t byte : bytes) {
        if (is_dash_place(at)) text[at++] = '-';
        text[at++] = kHexDigits[byte >> 4U];
        text[at++] = kHexDigits[byte & 0xFU];
    }
    out.append(text.data(), text.size());
}

std::string Uuid::to_string() const {
    std::string out;
    append_to(out);
    return out;
}

std::string Position::to_string() const {
    return std::to_string(epoch) + '-' + std::to_string(partition) + '-' + std::to_string(number);
}

std::optional<Position> Position::parse(std::string_view text) {
    const auto first = text.find('-');
    if (first == std::string_view::npos) return std::nullopt;
    const auto second = text.find('-', first + 1);
    if (second == std::string_view::npos) return std::nullopt;
    Position position;
    const bool readable = read_number(text.substr(0, first), position.epoch) &&
                          read_number(text.substr(first + 1, second - first - 1), position.partition) &&
                          read_number(text.substr(second + 1), position.number);
    if (!readable) return std::nullopt;
    return position;
}

}  // namespace annals
