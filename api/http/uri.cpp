#include "api/http/uri.hpp"

#include "api/http/ascii.hpp"

#include <cstdint>

namespace annals::http {

namespace {

int hex_value(char c) {
    if (is_digit(c)) return c - '0';
    if (lower(c) >= 'a' && lower(c) <= 'f') return lower(c) - 'a' + 10;
    return -1;
}

/// The length of the UTF-8 sequence at the start of `text`, or 0 when it is broken (table 3-7 of the Unicode
/// standard).
std::size_t utf8_sequence(std::string_view text) {
    const auto byte = [&](std::size_t i) {
        return i < text.size() ? static_cast<std::uint8_t>(text[i]) : std::uint8_t{0};
    };
    const auto continues = [&](std::size_t i) { return (byte(i) & 0xc0) == 0x80; };
    const std::uint8_t first = byte(0);
    if (first < 0x80) return 1;
    if (first >= 0xc2 && first <= 0xdf) return continues(1) ? 2 : 0;
    if (first >= 0xe0 && first <= 0xef) {
        if (!continues(1) || !continues(2)) return 0;
        if (first == 0xe0 && byte(1) < 0xa0) return 0;
        return first == 0xed && byte(1) > 0x9f ? 0 : 3;
    }
    if (first >= 0xf0 && first <= 0xf4) {
        if (!continues(1) || !continues(2) || !continues(3)) return 0;
        if (first == 0xf0 && byte(1) < 0x90) return 0;
        return first == 0xf4 && byte(1) > 0x8f ? 0 : 4;
    }
    return 0;
}

bool is_utf8(std::string_view text) {
    while (!text.empty()) {
        const std::size_t length = utf8_sequence(text);
        if (length == 0) return false;
        text.remove_prefix(length);
    }
    return true;
}

std::expected<void, std::string_view> split_segments(Request& request) {
    std::string_view rest = std::string_view(request.path).substr(1);
    request.segments.clear();
    for (bool more = true; more;) {
        more = rest.find('/') != std::string_view::npos;
        const std::string_view segment = next_piece(rest, '/');
        if (segment == "." || segment == "..") return std::unexpected("The path holds a dot segment.");
        if (request.segments.size() == kPathSegmentsMax)
            return std::unexpected("The path has too many segments.");
        request.segments.push_back(segment);
    }
    return {};
}

}  // namespace

std::expected<std::string, std::string_view> percent_decode(std::string_view text, bool plus_is_space) {
    std::string decoded;
    decoded.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        char c = text[i];
        if (c == '%') {
            const int high = i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
            const int low = i + 2 < text.size() ? hex_value(text[i + 2]) : -1;
            if (high < 0 || low < 0) return std::unexpected("A percent escape is broken.");
            c = static_cast<char>(high * 16 + low);
            i += 2;
        } else if (c == '+' && plus_is_space) {
            c = ' ';
        }
        if (is_control(c)) return std::unexpected("A control character is not allowed.");
        decoded.push_back(c);
    }
    if (!is_utf8(decoded)) return std::unexpected("The text is not valid UTF-8.");
    return decoded;
}

std::expected<void, std::string_view> read_target(std::string_view target, Request& request) {
    if (target.empty() || target.front() != '/')
        return std::unexpected("The request target must start with '/'.");
    for (const char c : target) {
        if (!is_visible(c) || c == '#')
            return std::unexpected("The request target holds a forbidden character.");
    }
    const std::size_t mark = target.find('?');
    const std::string_view raw_path = target.substr(0, mark);
    request.query = mark == std::string_view::npos ? std::string_view() : target.substr(mark + 1);
    // An escaped slash would make the path mean one thing before decoding and another after it.
    for (std::size_t i = 0; i + 2 < raw_path.size(); ++i) {
        if (raw_path[i] == '%' && raw_path[i + 1] == '2' && lower(raw_path[i + 2]) == 'f') {
            return std::unexpected("The path holds an escaped slash.");
        }
    }
    std::expected<std::string, std::string_view> path = percent_decode(raw_path, false);
    if (!path) return std::unexpected(path.error());
    if (path->find('\\') != std::string::npos) return std::unexpected("The path holds a backslash.");
    request.path = std::move(*path);
    return split_segments(request);
}

std::string percent_encode(std::string_view text) {
    static constexpr std::string_view kHex = "0123456789ABCDEF";
    std::string encoded;
    encoded.reserve(text.size());
    for (const char c : text) {
        if (is_alpha(c) || is_digit(c) || c == '-' || c == '.' || c == '_' || c == '~') {
            encoded.push_back(c);
            continue;
        }
        const auto byte = static_cast<std::uint8_t>(c);
        encoded.push_back('%');
        encoded.push_back(kHex[byte >> 4]);
        encoded.push_back(kHex[byte & 0xf]);
    }
    return encoded;
}

}  // namespace annals::http
