#include "tests/api/route_cases.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>

namespace annals::test {
namespace {

struct RouteBody {
    std::string_view operation;
    std::string_view body;
};

constexpr std::array kBodies{
    RouteBody{"getMe", ""},
    RouteBody{"createOrganization", R"({"name":"Mills","slug":"mills"})"},
    RouteBody{"getOrganization", ""},
    RouteBody{"renameOrganization", R"({"name":"Renamed"})"},
    RouteBody{"inviteMember", R"({"email":"new@example.org","roles":["viewer"]})"},
    RouteBody{"listMembers", ""},
    RouteBody{"createProject", R"({"name":"New","key":"NEW"})"},
    RouteBody{"listProjects", ""},
    RouteBody{"getProject", ""},
    RouteBody{"updateProject", R"({"name":"Changed"})"},
    RouteBody{"getBoard", ""},
    RouteBody{"createTask", R"({"title":"New"})"},
    RouteBody{"listTasks", ""},
    RouteBody{"getTask", ""},
    RouteBody{"updateTask", R"({"title":"Changed"})"},
    RouteBody{"moveTask", R"({"column":"{column}"})"},
    RouteBody{"assignTask", R"({"members":["{user}"]})"},
    RouteBody{"unassignTask", R"({"members":["{user}"]})"},
    RouteBody{"getTaskHistory", ""},
    RouteBody{"sendCommand", R"({"type":"prj.UpdateTask","id":"{task}","data":{"title":"Changed again"}})"},
    RouteBody{
        "sendCommands",
        R"({"atomic":true,"commands":[{"type":"prj.UpdateTask","id":"{task}","data":{"title":"Once more"}}]})"
    },
    RouteBody{"getProjections", ""},
    RouteBody{"archiveProject", "{}"},
};

void replace(std::string& text, const std::string& what, const std::string& by) {
    for (auto at = text.find(what); at != std::string::npos; at = text.find(what))
        text.replace(at, what.size(), by);
}

/// The kind of id that a path parameter names.
std::string kind_of(std::string_view before, std::string_view parameter) {
    if (parameter == "org" && before.ends_with("/orgs/")) return "{org}";
    if (parameter == "id" && before.ends_with("/projects/")) return "{project}";
    if (parameter == "id" && before.ends_with("/tasks/")) return "{task}";
    throw std::runtime_error(
        "the tests do not know what " + std::string(before) + "{" + std::string(parameter) + "} names"
    );
}

}  // namespace

Ids ids_of(const std::string& org, const SmallBoard& board, const std::string& user) {
    return {org, board.project, board.first_task, board.done, user};
}

std::optional<std::string> body_of(const api::Route& route) {
    const auto found = std::ranges::find(kBodies, route.operation, &RouteBody::operation);
    if (found == kBodies.end()) return std::nullopt;
    return std::string(found->body);
}

std::string filled(std::string text, const Ids& ids) {
    replace(text, "{org}", ids.org);
    replace(text, "{project}", ids.project);
    replace(text, "{task}", ids.task);
    replace(text, "{column}", ids.column);
    replace(text, "{user}", ids.user);
    return text;
}

std::vector<std::string> path_kinds(const api::Route& route) {
    std::vector<std::string> kinds;
    for (auto open = route.pattern.find('{'); open != std::string_view::npos;
         open = route.pattern.find('{', open + 1)) {
        const auto close = route.pattern.find('}', open);
        kinds.push_back(
            kind_of(route.pattern.substr(0, open), route.pattern.substr(open + 1, close - open - 1))
        );
    }
    return kinds;
}

std::string path_of(const api::Route& route, const Ids& ids) {
    std::string path(route.pattern);
    for (const std::string& kind : path_kinds(route)) {
        const auto open = path.find('{');
        path.replace(open, path.find('}') + 1 - open, filled(kind, ids));
    }
    return path;
}

Answer call(ApiClient& client, const api::Route& route, const Ids& ids, const Words& headers) {
    return client.send(
        http::to_string(route.method), path_of(route, ids), filled(body_of(route).value_or(""), ids), headers
    );
}

bool is_public(const api::Route& route) {
    const auto* custom = std::get_if<api::CustomRoute>(&route.action);
    return custom != nullptr && custom->is_public;
}

bool is_for_administrator(const api::Route& route) {
    return route.pattern.starts_with("/api/v1/platform/");
}

const CommandType* guarded_command(const api::Route& route) {
    const auto* command = std::get_if<api::CommandRoute>(&route.action);
    if (command == nullptr || command->type->access != Access::permission) return nullptr;
    return command->type;
}

}  // namespace annals::test
