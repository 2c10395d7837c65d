#pragma once

#include "api/kernel/command_input.hpp"

namespace annals::api {

/// Why a command of the route would be refused at this moment, whatever it says; nothing when it would be let
/// in, or must be read to know its realm. Does not block.
std::optional<http::Problem> overload_refusal(
    Services& services, const CommandRoute& route, const Principal& principal
);

/// Sends the command of a resource route and answers when it is durable, or visible if the client prefers to
/// wait. The exchange is authenticated. Does not block.
void run_command_route(Services& services, const CommandRoute& route, Exchange exchange);

/// POST /api/v1/commands
void run_command(Services& services, Exchange exchange);
/// POST /api/v1/commands:batch
void run_command_batch(Services& services, Exchange exchange);

/// What a client is told of a command that was not accepted here. While another process may have accepted it,
/// nobody can say that it was rejected.
http::Problem unless_in_doubt(const http::Request& request, http::Problem problem);

/// Answers an accepted command: at once, or when its position is visible if the client prefers to wait.
void answer_accepted(
    Services& services, Exchange exchange, http::Response response, const Position& position
);

/// Hands an answer over as soon as its position is visible, or after `wait_ms` at the latest.
void respond_when_visible(
    Services& services, const Position& position, std::int64_t wait_ms,
    std::move_only_function<void(bool)> respond
);

}  // namespace annals::api
