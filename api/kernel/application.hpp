#pragma once

#include "api/http/dispatcher.hpp"
#include "api/kernel/authentication.hpp"
#include "api/kernel/route.hpp"

#include <functional>
#include <optional>
#include <vector>

namespace annals::api {

/// Turns route tables into HTTP endpoints under /api/v1: authentication first, then the way of each kind of
/// route. `services` and `checks` outlive the endpoints.
std::vector<http::Endpoint> make_endpoints(
    Services& services, AccessChecks& checks, const std::vector<Route>& routes
);

/// For ServerOptions::refuse_unread: refuses the command of a resource route that would be refused for
/// overload once its body had come. Everything else, authentication that fails included, is left to the
/// endpoints. `services` and `routes` outlive it.
std::function<std::optional<http::Problem>(http::Request&)> make_unread_refusal(
    Services& services, const std::vector<Route>& routes
);

/// For ServerOptions::body_bytes_max: only who has authenticated may send as much as a batch may hold.
/// `services` outlives it.
std::function<std::size_t(const http::Request&)> make_body_limit(
    Services& services, const http::Limits& limits
);

}  // namespace annals::api
