#pragma once

#include "api/http/request.hpp"

#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace annals::http {

/// Decodes %XX. Refused, with a sentence for the client: a broken escape, a control character or NUL, and
/// bytes that are not valid UTF-8 afterwards, overlong forms and surrogates included.
std::expected<std::string, std::string_view> percent_decode(std::string_view text, bool plus_is_space);

/// Splits an origin-form target into `path`, `query` and `segments` of the request, decoding the path once.
/// Refused: a target that does not start with "/", "." and ".." segments in any spelling, an escaped slash, a
/// backslash, a fragment, and more segments than kPathSegmentsMax. The error is a sentence for the client.
std::expected<void, std::string_view> read_target(std::string_view target, Request& request);

/// For `Location` and `Link`: everything but unreserved characters (RFC 3986 section 2.3) becomes %XX.
std::string percent_encode(std::string_view text);

}  // namespace annals::http
