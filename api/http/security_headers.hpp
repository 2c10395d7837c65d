#pragma once

#include "api/http/response.hpp"

#include <string>
#include <string_view>

namespace annals::http {

/// For JSON: nothing may be loaded, run or framed.
inline constexpr std::string_view kApiPolicy =
    "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; object-src 'none'";

/// For the interactive description at /docs: our own scripts and styles, calls to our own API, nothing from
/// elsewhere.
inline constexpr std::string_view kDocsPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src "
    "'self'; "
    "connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; object-src 'none'; form-action 'none'";

/// For generated pages without scripts.
inline constexpr std::string_view kProblemPagePolicy =
    "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; object-src "
    "'none'; "
    "form-action 'none'";

/// Appends, as header lines, what every answer carries: HSTS, nosniff, CSP, Referrer-Policy, CORP, no-store,
/// and COOP on HTML. The response's own Content-Security-Policy and Cache-Control win, because only its
/// handler knows better.
void append_security_headers(std::string& out, const Response& response);

}  // namespace annals::http
