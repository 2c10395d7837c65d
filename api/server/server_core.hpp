#pragma once

#include "api/server/address_counter.hpp"
#include "api/server/http_server.hpp"

#include <atomic>
#include <string_view>
#include <utility>

namespace annals::server {

/// What all connections of a server share. Immutable after start, except for the counter and the flag.
struct ServerCore {
    explicit ServerCore(ServerOptions server_options)
        : options(std::move(server_options)),
          counter(options.limits.connections_max, options.limits.connections_per_address_max) {}

    void log(std::string_view code, std::string_view message) const {
        if (options.log) options.log(code, message);
    }

    const ServerOptions options;
    http::Handler handler;
    AddressCounter counter;
    std::atomic<bool> stopping = false;
};

}  // namespace annals::server
