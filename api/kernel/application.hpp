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

/// For ServerOptions::refuse_unread: refuses who has not authenticated where that is asked for, and the
/// command of a resource route that would be refused for overload once its body had come. Everything else is
/// left to the endpoints. `services` and `routes` outlive it.
std::function<std::optional<http::Problem>(http::Request&)> make_unread_refusal(
    Services& services, const std::vector<Route>& routes
);

/// The largest body a request may have.
std::size_t body_bytes_max(const http::Request& request, const http::Limits& limits);

}  // namespace annals::api
