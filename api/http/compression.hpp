#pragma once

#include "api/http/request.hpp"
#include "api/http/response.hpp"

#include <string>
#include <string_view>

namespace annals::http {

/// The gzip form of a resource is another representation and has its own strong tag: "7" becomes "7-gzip".
inline constexpr std::string_view kGzipTagSuffix = "-gzip";

/// True when the Accept-Encoding value lets us answer gzip (RFC 9110 section 12.5.3; q=0 refuses).
bool accepts_gzip(std::string_view accept_encoding);

/// Compresses the body when it is text of kCompressedBodyBytesMin or more, the client accepts gzip and it
/// gets smaller; then sets Content-Encoding and the tag's suffix. Vary is set on every body that could have
/// been compressed.
void compress(const Request& request, Response& response);

/// The whole text as one gzip member.
std::string gzip(std::string_view text);

}  // namespace annals::http
