#pragma once

#include "api/http/dispatcher.hpp"
#include "api/kernel/authentication.hpp"
#include "api/kernel/route.hpp"

#include <vector>

namespace annals::api {

/// POST kPeerCommandsPath: decides commands that other processes pass on, each authenticated by its own token
/// as if its client had sent it here, and answers all of them when the last is decided. Whoever cannot sign
/// gets 403.
http::Endpoint peer_endpoint(
    Services& services, AccessChecks& checks, const std::vector<Route>& routes, http::Hmac hmac
);

}  // namespace annals::api
