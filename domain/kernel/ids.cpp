#include "domain/kernel/ids.hpp"

#include <charconv>

namespace annals {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";

int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

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
    Uuid id;
    std::size_t byte = 0;
    for (std::size_t i = 0; i < text.size();) {
        if (is_dash_place(i)) {
            if (text[i] != '-') return std::nullopt;
            ++i;
            continue;
        }
        const int high = hex_value(text[i]);
        const int low = hex_value(text[i + 1]);
        if (high < 0 || low < 0) return std::nullopt;
        id.bytes[byte++] = static_cast<std::uint8_t>(high * 16 + low);
        i += 2;
    }
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
