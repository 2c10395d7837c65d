#include "infra/crypto/encoding.hpp"

#include <array>
#include <sodium.h>

namespace annals::crypto {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr std::string_view kBase64Digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::int8_t kNotADigit = -1;

consteval std::array<std::int8_t, 256> invert(std::string_view digits) {
    std::array<std::int8_t, 256> table{};
    table.fill(kNotADigit);
    for (std::size_t i = 0; i < digits.size(); ++i) {
        table[static_cast<unsigned char>(digits[i])] = static_cast<std::int8_t>(i);
    }
    return table;
}

constexpr auto kHexValues = [] consteval {
    auto table = invert(kHexDigits);
    for (char c = 'A'; c <= 'F'; ++c)
        table[static_cast<unsigned char>(c)] = static_cast<std::int8_t>(10 + c - 'A');
    return table;
}();
constexpr auto kBase64Values = invert(kBase64Digits);

int value_of(const std::array<std::int8_t, 256>& table, char digit) {
    return table[static_cast<unsigned char>(digit)];
}

}  // namespace

ByteSpan as_bytes(std::string_view text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

std::string to_hex(ByteSpan bytes) {
    std::string out;
    out.reserve(bytes.size() * 2);
    for (const auto byte : bytes) {
        out += kHexDigits[byte >> 4U];
        out += kHexDigits[byte & 15U];
    }
    return out;
}

std::optional<std::string> from_hex(std::string_view text) {
    if (text.size() % 2 != 0) return std::nullopt;
    std::string out;
    out.reserve(text.size() / 2);
    for (std::size_t i = 0; i < text.size(); i += 2) {
        const int high = value_of(kHexValues, text[i]);
        const int low = value_of(kHexValues, text[i + 1]);
        if (high < 0 || low < 0) return std::nullopt;
        out += static_cast<char>(high * 16 + low);
    }
    return out;
}

std::string to_base64url(ByteSpan bytes) {
    std::string out;
    out.reserve((bytes.size() * 4 + 2) / 3);
    std::uint32_t bits = 0;
    unsigned held = 0;
    for (const auto byte : bytes) {
        bits = (bits << 8U) | byte;
        held += 8;
        while (held >= 6) {
            held -= 6;
            out += kBase64Digits[(bits >> held) & 63U];
        }
    }
    if (held > 0) out += kBase64Digits[(bits << (6 - held)) & 63U];
    return out;
}

std::optional<std::string> from_base64url(std::string_view text) {
    if (text.size() % 4 == 1) return std::nullopt;
    std::string out;
    out.reserve(text.size() * 3 / 4);
    std::uint32_t bits = 0;
    unsigned held = 0;
    for (const char digit : text) {
        const int value = value_of(kBase64Values, digit);
        if (value < 0) return std::nullopt;
        bits = (bits << 6U) | static_cast<std::uint32_t>(value);
        held += 6;
        if (held >= 8) {
            held -= 8;
            out += static_cast<char>((bits >> held) & 255U);
        }
    }
    const std::uint32_t left_over = bits & ((1U << held) - 1U);
    if (left_over != 0) return std::nullopt;
    return out;
}

bool equal_constant_time(std::string_view left, std::string_view right) {
    return equal_constant_time(as_bytes(left), as_bytes(right));
}

bool equal_constant_time(ByteSpan left, ByteSpan right) {
    if (left.size() != right.size()) return false;
    return left.empty() || sodium_memcmp(left.data(), right.data(), left.size()) == 0;
}

}  // namespace annals::crypto
