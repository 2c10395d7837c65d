#pragma once

#include "api/http/response.hpp"

#include <string>
#include <string_view>

namespace annals::server {

/// The current second as an HTTP date (RFC 9110 section 5.6.7), made once a second for each thread.
std::string_view http_date();

/// Appends the answer as it goes over the wire, header and body in one piece. `without_body` is for HEAD: the
/// length of the body is told, the body is not sent.
void append_response(
    std::string& out, const http::Response& response, std::string_view request_id, bool keep_alive,
    bool without_body
);

}  // namespace annals::server
