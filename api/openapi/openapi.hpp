#pragma once

#include "api/kernel/route.hpp"

#include <span>
#include <string>

namespace annals::api {

/// The OpenAPI 3.1 description of the given routes, as indented JSON. A pure function of the tables that
/// parse the requests: what a route takes and answers cannot differ from what is written here.
///
/// Commands are those that a route sends; each can be sent through POST /api/v1/commands and commands:batch
/// too, which are recognised by the body they take (command_form_info, command_batch_info).
std::string openapi_document(std::span<const Route> routes);

/// The distinct commands that the routes send, in the order of the routes.
std::vector<const CommandType*> commands_of(std::span<const Route> routes);

/// "permission `task.move`", "any signed-in person".
std::string access_in_words(const CommandType& command);

/// The codes a command may be refused with beside those of HTTP itself, sorted.
std::vector<std::string_view> problems_of(const CommandType& command);

}  // namespace annals::api
