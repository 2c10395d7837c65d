#pragma once

#include "api/http/request.hpp"
#include "api/http/response.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace annals::http {

/// Which web origins may read our answers: an exact list, compared byte for byte. "*" and "null" are never
/// allowed, and nothing is reflected that is not in the list. Access tokens travel in the Authorization
/// header, so credentials (cookies) are not allowed at all.
class CorsPolicy {
public:
    /// No origin is allowed.
    CorsPolicy() = default;
    /// Throws std::invalid_argument for an origin that is not "http(s)://host[:port]" in lower case.
    explicit CorsPolicy(std::vector<std::string> origins);

    bool allows(std::string_view origin) const;

    /// Adds Vary and, for an allowed origin, Access-Control-Allow-Origin and -Expose-Headers to a normal
    /// answer.
    void apply(const Request& request, Response& response) const;

    /// The 204 for OPTIONS on a path with the methods `allow`; for a preflight of an allowed origin with what
    /// it may do.
    Response options_response(const Request& request, std::string_view allow) const;

private:
    std::vector<std::string> origins_;
};

}  // namespace annals::http
