#pragma once

#include "api/http/problem.hpp"

#include <optional>
#include <string_view>

namespace annals::http {

/// True when the media type of a Content-Type value is `media_type`, whatever its parameters, without case.
bool has_media_type(std::string_view content_type, std::string_view media_type);

/// 415 unless the body is application/json (or application/*+json) in UTF-8.
std::optional<Problem> require_json_body(const Request& request);

/// True when the Accept value allows the media type; an absent header allows everything (RFC 9110
/// section 12.5.1).
bool accepts(const Request& request, std::string_view media_type);

/// 406 when the client does not take JSON.
std::optional<Problem> require_json_accepted(const Request& request);

}  // namespace annals::http
