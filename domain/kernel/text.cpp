#include "domain/kernel/text.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>
#include <utf8proc.h>

namespace annals {
namespace {

bool is_ascii(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

bool is_trimmed_away(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

std::string_view trim(std::string_view text) {
    while (!text.empty() && is_trimmed_away(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_trimmed_away(text.back())) text.remove_suffix(1);
    return text;
}

/// C0, DEL, C1 and the two line separators. Bidirectional controls stay: right-to-left names need them.
bool is_control(char32_t c, bool line_breaks) {
    if (c == '\n' || c == '\t') return !line_breaks;
    return c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0x2028 || c == 0x2029;
}

struct Measure {
    std::size_t code_points{0};
    bool control{false};
    bool valid{true};
};

Measure measure(std::string_view text, bool line_breaks) {
    Measure result;
    const auto* at = reinterpret_cast<const utf8proc_uint8_t*>(text.data());
    auto left = static_cast<utf8proc_ssize_t>(text.size());
    while (left > 0) {
        utf8proc_int32_t code_point = *at;
        const auto length = code_point < 0x80 ? 1 : utf8proc_iterate(at, left, &code_point);
        if (length <= 0) {
            result.valid = false;
            return result;
        }
        result.control = result.control || is_control(static_cast<char32_t>(code_point), line_breaks);
        ++result.code_points;
        at += length;
        left -= length;
    }
    return result;
}

std::expected<std::string, TextFault> compose(std::string_view text) {
    if (is_ascii(text)) return std::string(text);
    utf8proc_uint8_t* composed = nullptr;
    const auto length = utf8proc_map(
        reinterpret_cast<const utf8proc_uint8_t*>(text.data()), static_cast<utf8proc_ssize_t>(text.size()),
        &composed, static_cast<utf8proc_option_t>(UTF8PROC_COMPOSE | UTF8PROC_STABLE)
    );
    const std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> owner(composed, &std::free);
    if (length < 0) return std::unexpected(TextFault::bad_format);
    return std::string(reinterpret_cast<const char*>(composed), static_cast<std::size_t>(length));
}

bool is_lower_or_digit(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}
bool is_letter_or_digit(char c) {
    return is_lower_or_digit(c) || (c >= 'A' && c <= 'Z');
}

bool is_email_local_part(std::string_view local) {
    constexpr std::string_view kPunctuation = ".!#$%&'*+/=?^_`{|}~-";
    return !local.empty() && local.size() <= 64 && std::ranges::all_of(local, [&](char c) {
        return is_letter_or_digit(c) || kPunctuation.find(c) != std::string_view::npos;
    });
}

bool is_domain_label(std::string_view label) {
    return !label.empty() && label.size() <= 63 && label.front() != '-' && label.back() != '-' &&
           std::ranges::all_of(label, [](char c) { return is_letter_or_digit(c) || c == '-'; });
}

}  // namespace

std::string_view text_fault_code(TextFault fault) {
    constexpr std::array<std::string_view, 4> kCodes{
        "too_short", "too_long", "control_character", "bad_format"
    };
    return kCodes[static_cast<std::size_t>(fault)];
}

std::expected<std::string, TextFault> normalise_text(std::string_view raw, const TextRules& rules) {
    auto text = compose(trim(raw));
    if (!text) return text;
    const Measure size = measure(*text, rules.line_breaks);
    if (!size.valid) return std::unexpected(TextFault::bad_format);
    if (size.control) return std::unexpected(TextFault::control_character);
    if (size.code_points < rules.min) return std::unexpected(TextFault::too_short);
    if (size.code_points > rules.max) return std::unexpected(TextFault::too_long);
    return text;
}

bool Slug::shaped(std::string_view text) {
    if (text.empty() || !is_lower_or_digit(text.front()) || !is_lower_or_digit(text.back())) return false;
    for (std::size_t i = 1; i < text.size(); ++i) {
        const bool single_dash = text[i] == '-' && text[i - 1] != '-';
        if (!is_lower_or_digit(text[i]) && !single_dash) return false;
    }
    return true;
}

void Email::canonicalise(std::string& text) {
    std::ranges::transform(text, text.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
}

bool Email::shaped(std::string_view text) {
    const auto at = text.find('@');
    if (at == std::string_view::npos || !is_email_local_part(text.substr(0, at))) return false;
    std::string_view domain = text.substr(at + 1);
    while (true) {
        const auto dot = domain.find('.');
        if (!is_domain_label(domain.substr(0, dot))) return false;
        if (dot == std::string_view::npos) return true;
        domain.remove_prefix(dot + 1);
    }
}

bool ProjectKey::shaped(std::string_view text) {
    return !text.empty() && text.front() >= 'A' && text.front() <= 'Z' &&
           std::ranges::all_of(text, [](char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); });
}

std::expected<Secret, TextFault> Secret::parse(std::string_view raw) {
    const Measure size = measure(raw, true);
    if (!size.valid) return std::unexpected(TextFault::bad_format);
    if (size.code_points < kRules.min) return std::unexpected(TextFault::too_short);
    if (size.code_points > kRules.max) return std::unexpected(TextFault::too_long);
    return trusted(std::string(raw));
}

Secret Secret::trusted(std::string stored) {
    Secret secret;
    secret.value_ = std::move(stored);
    return secret;
}

}  // namespace annals
