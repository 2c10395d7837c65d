#include "infra/runtime/json_text.hpp"

#include <cstdint>
#include <fmt/format.h>

namespace annals::runtime {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

std::uint8_t byte_at(std::string_view text, std::size_t i) {
    return static_cast<std::uint8_t>(text[i]);
}

/// Length of the well-formed UTF-8 sequence at `i` (Unicode table 3-7), or 0.
std::size_t sequence_length(std::string_view text, std::size_t i) {
    const auto lead = byte_at(text, i);
    if (lead < 0x80) return 1;
    const std::size_t length = lead >= 0xC2 && lead <= 0xDF   ? 2
                               : lead >= 0xE0 && lead <= 0xEF ? 3
                               : lead >= 0xF0 && lead <= 0xF4 ? 4
                                                              : 0;
    if (length == 0 || text.size() - i < length) return 0;
    const auto second = byte_at(text, i + 1);
    const std::uint8_t low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
    const std::uint8_t high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
    if (second < low || second > high) return 0;
    for (std::size_t k = 2; k < length; ++k) {
        if ((byte_at(text, i + k) & 0xC0U) != 0x80U) return 0;
    }
    return length;
}

void append_json_ascii(std::string& out, char c) {
    switch (c) {
        case '"':
            out += "\\\"";
            return;
        case '\\':
            out += "\\\\";
            return;
        case '\n':
            out += "\\n";
            return;
        case '\r':
            out += "\\r";
            return;
        case '\t':
            out += "\\t";
            return;
        default:
            break;
    }
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
        fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned>(c));
    } else {
        out += c;
    }
}

bool is_c1_control(std::string_view text, std::size_t i, std::size_t length) {
    return length == 2 && byte_at(text, i) == 0xC2 && byte_at(text, i + 1) < 0xA0;
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
    out += '"';
    for (std::size_t i = 0; i < text.size();) {
        const auto length = sequence_length(text, i);
        if (length == 1) {
            append_json_ascii(out, text[i]);
        } else if (length == 0) {
            out += kReplacement;
        } else {
            out += text.substr(i, length);
        }
        i += length == 0 ? 1 : length;
    }
    out += '"';
}

void append_terminal_text(std::string& out, std::string_view text) {
    for (std::size_t i = 0; i < text.size();) {
        const auto length = sequence_length(text, i);
        const bool printable =
            length > 1 ? !is_c1_control(text, i, length) : byte_at(text, i) >= 0x20 && text[i] != 0x7f;
        if (length > 0 && printable) {
            out += text.substr(i, length);
        } else {
            for (std::size_t k = 0; k < (length == 0 ? 1 : length); ++k) {
                fmt::format_to(std::back_inserter(out), "\\x{:02x}", byte_at(text, i + k));
            }
        }
        i += length == 0 ? 1 : length;
    }
}

}  // namespace annals::runtime
