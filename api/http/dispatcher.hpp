#pragma once

#include "api/http/cors.hpp"
#include "api/http/handler.hpp"

#include <string>
#include <vector>

namespace annals::http {

/// One row of the route table.
struct Endpoint {
    Method method;
    std::string pattern;
    Handler handler;
};

/// The handler that a server gets: it sets `route` and `parameters` of the request and calls the endpoint's
/// handler. What no endpoint takes is answered here: 404, 405 with Allow, OPTIONS, and preflights by the
/// policy. Throws std::logic_error when the table is malformed.
Handler make_dispatcher(std::vector<Endpoint> endpoints, CorsPolicy cors);

}  // namespace annals::http
