#pragma once

#include "api/http/headers.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace annals::http {

inline constexpr std::string_view kJson = "application/json";
inline constexpr std::string_view kProblemJson = "application/problem+json";
inline constexpr std::string_view kHtml = "text/html; charset=utf-8";
inline constexpr std::string_view kPlainText = "text/plain; charset=utf-8";

/// One answer. Content-Length, Date, Connection, X-Request-Id, the security headers and `Cache-Control:
/// no-store` are added by the server; a handler that sets Cache-Control or Content-Security-Policy itself
/// keeps its own.
struct Response {
    int status = 200;
    std::string_view content_type;  ///< A literal, or text that outlives the answer. Empty: no Content-Type.
    Headers headers;
    std::string body;
    bool compressible =
        true;  ///< False for bodies that hold a secret beside text a client can choose (BREACH).
    /// Leaves a multiple of Limits::even_answer_ms after this, so that time does not tell what was done
    /// since.
    std::optional<std::chrono::steady_clock::time_point> evenly_since{};
};

Response json_response(int status, std::string body);
Response html_response(int status, std::string body);
Response text_response(int status, std::string body);
/// 204, no body.
Response no_content();

/// The reason phrase of a status; empty for one that this product does not use.
std::string_view reason_phrase(int status);

}  // namespace annals::http
