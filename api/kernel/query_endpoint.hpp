#pragma once

#include "api/kernel/authentication.hpp"
#include "api/kernel/route.hpp"

namespace annals::api {

inline constexpr std::size_t kListLimitDefault = 50;
inline constexpr std::size_t kListLimitMax = 200;

/// Waits for the query's min_position, then checks the caller's roles and reads, on a worker thread. The
/// exchange is authenticated. Does not block.
void run_query_route(Services& services, AccessChecks& checks, const QueryRoute& route, Exchange exchange);

}  // namespace annals::api
