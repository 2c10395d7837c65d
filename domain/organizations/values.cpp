#include "domain/organizations/values.hpp"

#include <algorithm>

namespace annals::organizations {
namespace {

bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_letter_or_digit(char c) {
    return is_letter(c) || (c >= '0' && c <= '9');
}

/// True when every part of `text` between separators satisfies the predicate.
template <class Predicate>
bool all_parts(std::string_view text, char separator, Predicate predicate) {
    while (true) {
        const auto end = text.find(separator);
        if (!predicate(text.substr(0, end))) return false;
        if (end == std::string_view::npos) return true;
        text.remove_prefix(end + 1);
    }
}

}  // namespace

bool TimeZoneName::shaped(std::string_view text) {
    const auto is_zone_character = [](char c) {
        return is_letter_or_digit(c) || c == '_' || c == '+' || c == '-';
    };
    return !text.empty() && is_letter(text.front()) && all_parts(text, '/', [&](std::string_view part) {
        return !part.empty() && std::ranges::all_of(part, is_zone_character);
    });
}

bool LocaleTag::shaped(std::string_view text) {
    const std::string_view language = text.substr(0, text.find('-'));
    return language.size() >= 2 && std::ranges::all_of(language, is_letter) &&
           all_parts(text, '-', [](std::string_view part) {
               return !part.empty() && part.size() <= 8 && std::ranges::all_of(part, is_letter_or_digit);
           });
}

}  // namespace annals::organizations
