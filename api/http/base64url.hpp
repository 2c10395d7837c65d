#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace annals::http {

/// RFC 4648 section 5, without padding.
std::string base64url_encode(std::string_view bytes);

/// Nothing for a foreign character, an impossible length, or spare bits that are not zero, so that one byte
/// string has one spelling.
std::optional<std::string> base64url_decode(std::string_view text);

}  // namespace annals::http
