#include "infra/crypto/password_policy.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace annals::crypto {
namespace {

constexpr std::string_view kCommonPasswords[] = {
#include "infra/crypto/common_passwords.inc"
};
static_assert(std::ranges::is_sorted(kCommonPasswords), "the list is searched by halving");

constexpr std::size_t kContextWordLengthMin = 4;
constexpr std::size_t kRepeatedPieceLengthMax = 4;
constexpr std::string_view kRuns[] = {
    "01234567890123456789", "abcdefghijklmnopqrstuvwxyz", "qwertyuiopasdfghjklzxcvbnm"
};

std::size_t code_points(std::string_view utf8) {
    const auto is_start = [](char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) != 0x80U; };
    return static_cast<std::size_t>(std::ranges::count_if(utf8, is_start));
}

std::string fold_case(std::string_view text) {
    std::string folded{text};
    for (char& c : folded) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return folded;
}

bool repeats_piece(std::string_view text) {
    for (std::size_t piece = 1; piece <= kRepeatedPieceLengthMax && piece < text.size(); ++piece) {
        if (text.substr(piece) == text.substr(0, text.size() - piece)) return true;
    }
    return false;
}

bool is_run(const std::string& text) {
    const std::string reversed{text.rbegin(), text.rend()};
    return std::ranges::any_of(kRuns, [&](std::string_view run) {
        return run.find(text) != std::string_view::npos || run.find(reversed) != std::string_view::npos;
    });
}

bool contains_word(std::string_view folded_password, std::string_view word) {
    return word.size() >= kContextWordLengthMin &&
           folded_password.find(fold_case(word)) != std::string_view::npos;
}

bool contains_context(std::string_view folded_password, std::span<const std::string_view> words) {
    return std::ranges::any_of(words, [&](std::string_view word) {
        return contains_word(folded_password, word) ||
               contains_word(folded_password, word.substr(0, word.find('@')));
    });
}

}  // namespace

std::string_view password_fault_code(PasswordFault fault) {
    switch (fault) {
        case PasswordFault::too_short:
            return "too_short";
        case PasswordFault::too_long:
            return "too_long";
        case PasswordFault::common:
            return "common";
        case PasswordFault::repetitive:
            return "repetitive";
        case PasswordFault::personal:
            return "personal";
    }
    return "unknown";
}

std::string_view password_fault_message(PasswordFault fault) {
    switch (fault) {
        case PasswordFault::too_short:
            return "A password has at least 10 characters.";
        case PasswordFault::too_long:
            return "A password has at most 128 characters.";
        case PasswordFault::common:
            return "This password is among the most common ones; choose another.";
        case PasswordFault::repetitive:
            return "This password repeats one pattern; choose another.";
        case PasswordFault::personal:
            return "This password contains your login or e-mail address; choose another.";
    }
    return "This password cannot be used.";
}

std::optional<PasswordFault> check_password(
    std::string_view password, std::span<const std::string_view> context_words
) {
    const auto length = code_points(password);
    if (length < kPasswordLengthMin) return PasswordFault::too_short;
    if (length > kPasswordLengthMax) return PasswordFault::too_long;

    const std::string folded = fold_case(password);
    if (std::ranges::binary_search(kCommonPasswords, std::string_view{folded})) return PasswordFault::common;
    if (repeats_piece(folded) || is_run(folded)) return PasswordFault::repetitive;
    if (contains_context(folded, context_words)) return PasswordFault::personal;
    return std::nullopt;
}

}  // namespace annals::crypto
