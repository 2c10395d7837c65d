#include "api/identity/auth_routes.hpp"
#include "api/kernel/command_endpoint.hpp"
#include "api/kernel/route.hpp"
#include "api/operations/projection_routes.hpp"
#include "api/organizations/organization_routes.hpp"
#include "api/projects/project_routes.hpp"

namespace annals::api {
namespace {

/// Every command by its name, beside the resource routes.
std::vector<Route> command_routes() {
    return {
        {http::Method::post, "/api/v1/commands", "sendCommand", "Send any command by its name", "commands",
         CustomRoute{.body = command_form_info(), .commands = true, .run = run_command}},
        {http::Method::post, "/api/v1/commands:batch", "sendCommands",
         "Send up to 1,000 commands; with \"atomic\": true all of them or none", "commands",
         CustomRoute{.body = command_batch_info(), .commands = true, .run = run_command_batch}},
    };
}

}  // namespace

const std::vector<Route>& all_routes() {
    static const std::vector<Route> kRoutes = [] {
        std::vector<Route> routes;
        for (auto table :
             {identity::bootstrap_routes(), identity::auth_routes(), organizations::organization_routes(),
              organizations::member_routes(), projects::project_routes(), projects::task_routes(),
              command_routes(), operations::projection_routes()}) {
            routes.insert(routes.end(), table.begin(), table.end());
        }
        return routes;
    }();
    return kRoutes;
}

}  // namespace annals::api
