#pragma once

#include "api/http/dispatcher.hpp"
#include "api/kernel/route.hpp"
#include "api/openapi/asyncapi.hpp"

#include <span>
#include <vector>

namespace annals::api {

/// GET /docs, /docs/assets/{file}, /docs/problems and its pages, /openapi.json, /asyncapi.json and
/// /schemas/{name} for these routes and the product's events. The endpoints own the documents, which are
/// made here, once.
std::vector<http::Endpoint> docs_endpoints(std::span<const Route> routes, const EventTopic& topic = {});

}  // namespace annals::api
