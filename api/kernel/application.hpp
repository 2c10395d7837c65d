#pragma once

#include "api/http/dispatcher.hpp"
#include "api/kernel/authentication.hpp"
#include "api/kernel/route.hpp"

#include <vector>

namespace annals::api {

/// Turns route tables into HTTP endpoints under /api/v1: authentication first, then the way of each kind of
/// route. `services` and `checks` outlive the endpoints.
std::vector<http::Endpoint> make_endpoints(
    Services& services, AccessChecks& checks, const std::vector<Route>& routes
);

/// The largest body a request may have.
std::size_t body_bytes_max(const http::Request& request, const http::Limits& limits);

}  // namespace annals::api
