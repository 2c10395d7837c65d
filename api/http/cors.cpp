#include "api/http/cors.hpp"

#include "api/http/ascii.hpp"
#include "api/http/limits.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace annals::http {

namespace {

constexpr std::string_view kExposedHeaders =
    "ETag, Link, Location, Retry-After, RateLimit, RateLimit-Policy, Deprecation, Sunset, "
    "Preference-Applied, "
    "Idempotency-Replayed, X-Request-Id, X-Projection-Position, X-Projection-Lag, traceresponse";
constexpr std::string_view kAllowedHeaders =
    "Authorization, Content-Type, Accept, Idempotency-Key, If-Match, If-None-Match, Prefer, traceparent, "
    "tracestate";

bool is_origin(std::string_view text) {
    for (const std::string_view scheme : {"https://", "http://"}) {
        if (!text.starts_with(scheme)) continue;
        text.remove_prefix(scheme.size());
        return !text.empty() && std::ranges::all_of(text, [](char c) {
            return is_digit(c) || (c >= 'a' && c <= 'z') || c == '.' || c == '-' || c == ':' || c == '[' ||
                   c == ']';
        });
    }
    return false;
}

}  // namespace

CorsPolicy::CorsPolicy(std::vector<std::string> origins) : origins_(std::move(origins)) {
    for (const std::string& origin : origins_) {
        if (!is_origin(origin)) {
            throw std::invalid_argument(
                "\"" + origin +
                "\" is not a web origin; write it like https://console.example.com, in lower case and " +
                "without a path (HTTP-c0f5)"
            );
        }
    }
}

bool CorsPolicy::allows(std::string_view origin) const {
    return std::ranges::find(origins_, origin) != origins_.end();
}

void CorsPolicy::apply(const Request& request, Response& response) const {
    if (origins_.empty()) return;
    if (!response.headers.has("Access-Control-Allow-Origin")) response.headers.add("Vary", "Origin");
    const std::string_view origin = request.headers.get("Origin");
    if (!allows(origin) || response.headers.has("Access-Control-Allow-Origin")) return;
    response.headers.add("Access-Control-Allow-Origin", origin);
    response.headers.add("Access-Control-Expose-Headers", kExposedHeaders);
}

Response CorsPolicy::options_response(const Request& request, std::string_view allow) const {
    Response response = no_content();
    response.headers.add("Allow", allow);
    const std::string_view origin = request.headers.get("Origin");
    if (!request.headers.has("Access-Control-Request-Method") || !allows(origin)) return response;
    response.headers.add("Vary", "Origin, Access-Control-Request-Method, Access-Control-Request-Headers");
    response.headers.add("Access-Control-Allow-Origin", origin);
    response.headers.add("Access-Control-Allow-Methods", allow);
    response.headers.add("Access-Control-Allow-Headers", kAllowedHeaders);
    response.headers.add("Access-Control-Max-Age", std::to_string(kPreflightMaxAgeSeconds));
    return response;
}

}  // namespace annals::http
