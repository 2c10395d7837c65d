#include "api/openapi/openapi.hpp"

#include "api/http/limits.hpp"
#include "api/http/problem_catalogue.hpp"
#include "api/kernel/command_input.hpp"
#include "api/kernel/query_endpoint.hpp"
#include "api/openapi/openapi_components.hpp"
#include "api/openapi/openapi_operation.hpp"

#include <algorithm>
#include <array>

namespace annals::api {
namespace {

constexpr std::string_view kDescription =
    "Annals is a business backend whose only source of truth is an append-only log of events.\n\n"
    "**Commands** answer `{\"id\", \"version\", \"position\"}` when their events are durable. Every "
    "command is reachable two ways over one path of code: its resource route, and `POST "
    "/api/v1/commands`.\n\n"
    "**Repeats.** With an `Idempotency-Key` (in the command form: `command_id`) a command can be sent "
    "again safely: the stored answer comes back byte for byte. The same key with another request is "
    "`IDEMPOTENCY_MISMATCH`.\n\n"
    "**Versions.** `ETag` is the version of what was read or written. `If-Match` (in the command form: "
    "`expected_version`) makes a command fail with `VERSION_CONFLICT` when somebody else was faster.\n\n"
    "**Read your writes.** Hand the `position` of an answer to a query as `min_position`: it waits until "
    "its tables have reached it, or answers 503 `PROJECTION_BEHIND`, never something older. `Prefer: "
    "wait=2` makes the command itself wait.\n\n"
    "**Lists** answer `{\"items\", \"next_cursor\", \"has_more\"}`. A cursor belongs to its query, "
    "filters and order.\n\n"
    "**Errors** are `application/problem+json`; `code` is stable, `type` leads to its page, `instance` is "
    "the request's id in the server's log, `errors` points at each field. Ids of other organizations do "
    "not exist: 404.";

void write_info(JsonText& json) {
    json.text("openapi", "3.1.0");
    json.object("info", [&] {
        json.text("title", "Annals");
        json.text("version", "1");
        json.text("description", kDescription);
    });
    json.array("servers", [&] { json.object([&] { json.text("url", "/"); }); });
    json.array("security", [&] { json.object([&] { json.array("bearer", [] {}); }); });
}

void write_tags(JsonText& json, std::span<const Route> routes) {
    std::vector<std::string_view> seen;
    json.array("tags", [&] {
        for (const Route& route : routes) {
            if (std::ranges::find(seen, route.tag) != seen.end()) continue;
            seen.push_back(route.tag);
            json.object([&] { json.text("name", route.tag); });
        }
    });
}

/// Paths in the order of their first route, with all methods of one path together.
void write_paths(JsonText& json, std::span<const Route> routes, SchemaSet& schemas) {
    std::vector<std::string_view> seen;
    json.object("paths", [&] {
        for (const Route& first : routes) {
            if (std::ranges::find(seen, first.pattern) != seen.end()) continue;
            seen.push_back(first.pattern);
            json.object(first.pattern, [&] {
                for (const Route& route : routes) {
                    if (route.pattern == first.pattern) write_operation(json, route, schemas);
                }
            });
        }
    });
}

}  // namespace

std::vector<const CommandType*> commands_of(std::span<const Route> routes) {
    std::vector<const CommandType*> commands;
    for (const Route& route : routes) {
        const auto* command = std::get_if<CommandRoute>(&route.action);
        if (command == nullptr || std::ranges::find(commands, command->type) != commands.end()) continue;
        commands.push_back(command->type);
    }
    return commands;
}

std::string access_in_words(const CommandType& command) {
    switch (command.access) {
        case Access::permission:
            return "permission `" + std::string(organizations::permission_name(command.permission)) + "`";
        case Access::signed_in:
            return "a signed-in person";
        case Access::internal:
            return "to come from the product itself";
    }
    return {};
}

std::vector<std::string_view> problems_of(const CommandType& command) {
    std::vector<std::string_view> codes{"IDEMPOTENCY_MISMATCH", "IN_PROGRESS", "VERSION_CONFLICT"};
    if (command.access == Access::permission) codes.insert(codes.end(), {"FORBIDDEN", "NOT_FOUND"});
    if (!command.shape->shape->fields.empty()) codes.emplace_back("VALIDATION_FAILED");
    codes.insert(codes.end(), command.shape->rejections.begin(), command.shape->rejections.end());
    std::ranges::sort(codes);
    codes.erase(std::ranges::unique(codes).begin(), codes.end());
    return codes;
}

std::string openapi_document(std::span<const Route> routes) {
    SchemaSet schemas(kSchemaPlace);
    JsonText json;
    json.object([&] {
        write_info(json);
        write_tags(json, routes);
        write_paths(json, routes, schemas);
        json.object("components", [&] {
            json.object("securitySchemes", [&] {
                json.object("bearer", [&] {
                    json.text("type", "http");
                    json.text("scheme", "bearer");
                    json.text("bearerFormat", "JWT");
                    json.text("description", "the `access_token` of POST /api/v1/auth/login");
                });
            });
            write_shared_parameters(json);
            write_shared_headers(json);
            write_shared_problems(json);
            json.object("schemas", [&] {
                write_shared_schemas(json);
                write_command_schemas(json, commands_of(routes), schemas);
                schemas.write_definitions(json);
            });
        });
    });
    return std::move(json).take();
}

}  // namespace annals::api
