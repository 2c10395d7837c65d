#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

namespace annals::crypto {

/// In Unicode code points.
inline constexpr std::size_t kPasswordLengthMin = 10;
inline constexpr std::size_t kPasswordLengthMax = 128;

/// Why a password is refused. There are no rules of composition (NIST SP 800-63B section 5.1.1.2).
enum class PasswordFault {
    too_short,
    too_long,
    common,      ///< among the most common leaked passwords
    repetitive,  ///< one short piece repeated, or a run of neighbouring characters
    personal,    ///< contains the login, the e-mail address or another word given as context
};

/// "too_short", ...: part of the API.
std::string_view password_fault_code(PasswordFault fault);
/// One sentence for the person who chose the password.
std::string_view password_fault_message(PasswordFault fault);

/// Checks a password a person chose. Context words are what an attacker who knows the person tries first:
/// login, e-mail address (its part before the @ counts too), the product's name. Letter case of ASCII does
/// not matter; words under four characters are skipped, since they occur in good passwords by chance. Takes a
/// few microseconds.
std::optional<PasswordFault> check_password(
    std::string_view password, std::span<const std::string_view> context_words
);

}  // namespace annals::crypto
