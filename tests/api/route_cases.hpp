#pragma once

#include "api/kernel/route.hpp"
#include "tests/support/api_client.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace annals::test {

/// Ids that stand for {org}, {project}, {task}, {column} and {user} in paths and bodies.
struct Ids {
    std::string org, project, task, column, user;
};

/// The ids of an organization with a board.
Ids ids_of(const std::string& org, const SmallBoard& board, const std::string& user);

/// A body with which a route succeeds, with placeholders; empty for none. Nothing for a route that the tests
/// do not know yet: whoever adds a route adds its row here.
std::optional<std::string> body_of(const api::Route& route);

/// "{task}" and the like replaced.
std::string filled(std::string text, const Ids& ids);

/// The placeholders of a route's path parameters, in their order: {id} behind /tasks/ is "{task}".
std::vector<std::string> path_kinds(const api::Route& route);

/// The route's path with the ids.
std::string path_of(const api::Route& route, const Ids& ids);

/// Sends the route's request with these ids.
Answer call(ApiClient& client, const api::Route& route, const Ids& ids, const Words& headers = {});

bool is_public(const api::Route& route);
/// Everybody but the platform's administrator gets 403.
bool is_for_administrator(const api::Route& route);
/// The command of a resource route that needs a permission; null for every other route.
const CommandType* guarded_command(const api::Route& route);

}  // namespace annals::test
