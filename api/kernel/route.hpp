#pragma once

#include "api/http/handler.hpp"
#include "api/http/problem.hpp"
#include "api/kernel/services.hpp"
#include "commands/catalogue.hpp"
#include "domain/contract/docs.hpp"
#include "domain/contract/type_info.hpp"

#include <chrono>
#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace annals::api {

/// One request on its way through a route.
struct Exchange {
    std::shared_ptr<http::Request> request;
    http::Respond respond;
    std::optional<Principal> principal{};                ///< set wherever a route is not public
    std::chrono::steady_clock::time_point work_began{};  ///< on another thread, where a route uses one

    void fail(const http::Problem& problem) { respond(http::problem_response(*request, problem)); }
};

/// Where the realm of a route comes from.
enum class Realm : std::uint8_t {
    session,  ///< the organization the session acts in
    path,     ///< the path parameter `org`
    person    ///< the signed-in person's own realm
};

/// A resource route that sends a command. The body is the command's fields; path parameters give the target
/// and fields that the body must not repeat.
struct CommandRoute {
    const CommandType* type{nullptr};
    Realm realm{Realm::session};
    std::string_view target_parameter{
    };  ///< the path parameter with the stream's id; empty: a new id is made
    std::string_view field_parameter{};  ///< a path parameter that is a field of the command ...
    std::string_view field{};            ///< ... and that field
    std::string_view location{};         ///< of a created resource: "/api/v1/projects/" before its id
    /// What the answer carries beside id, version and position: JSON members with a leading comma. It is made
    /// anew for each answer and never stored, so secrets may stand here.
    std::string (*extra)(Services&, const CommandAnswer&, TenantId realm){nullptr};
    std::span<const contract::FieldDoc> extra_members{
    };  ///< their names, for the documents; all of them are texts
};

/// What a query may use.
struct QueryContext {
    Services& services;
    const http::Request& request;
    const Principal& principal;
    TenantId realm;
    std::size_t limit{0};  ///< lists: rows wanted
    std::vector<std::string> after{
    };  ///< lists: sort keys of the last row of the page before; empty: the first
    bool descending{false};   ///< lists: direction of the sort
    std::string_view sort{};  ///< lists: the field to sort by; empty: the first of `sorts`
};

/// A query's answer as JSON. Of a list, `json` is the items array and `next` the sort keys of its last row
/// when there are more.
struct QueryAnswer {
    std::string json;
    std::optional<StreamVersion> version{};
    std::optional<std::vector<std::string>> next{};
};

using QueryResultOrProblem = std::expected<QueryAnswer, http::Problem>;

/// A route that reads. `parameters` describes the struct its query string is read into; min_position is
/// understood by every query, limit, cursor and sort by every list.
struct QueryRoute {
    organizations::Permission permission{};
    Realm realm{Realm::session};
    const contract::TypeInfo* parameters{nullptr};  ///< null: none of its own
    std::shared_ptr<void> (*make_parameters)(){nullptr};
    const contract::TypeInfo* view{nullptr};  ///< of the answer, or of each item
    bool list{false};
    std::span<const std::string_view> sorts{};  ///< lists: the allowed fields; the first is the default
    std::size_t sort_keys{2};                   ///< lists: keys in a cursor, the last one the id
    QueryResultOrProblem (*run)(QueryContext&, const void* parameters){nullptr};
};

/// A route with a way of its own: authentication, batches.
struct CustomRoute {
    bool is_public{false};                      ///< needs no access token
    const contract::TypeInfo* body{nullptr};    ///< null: no body
    const contract::TypeInfo* answer{nullptr};  ///< null: described by the summary alone
    int success{200};
    std::span<const std::string_view> problems{};  ///< codes beside those that every route may answer
    bool commands{false};  ///< sends commands, mostly of the organization that the session acts in
    void (*run)(Services&, Exchange){nullptr};
};

/// One row of a context's route table. OpenAPI, the dispatcher and the tenancy tests are made from these
/// rows, so there is no undocumented and no untested route.
struct Route {
    http::Method method;
    std::string_view pattern;
    std::string_view operation;  ///< operationId: "createTask"
    std::string_view summary;
    std::string_view tag;
    std::variant<CommandRoute, QueryRoute, CustomRoute> action;
};

/// Whether a route sends commands of the organization that the session acts in (by their names, others too):
/// then the process that decides for its partition may run it as well as any other.
inline bool is_decided_by_partition(const Route& route) {
    if (const auto* command = std::get_if<CommandRoute>(&route.action))
        return command->realm == Realm::session && !command->type->target_is_realm;
    const auto* custom = std::get_if<CustomRoute>(&route.action);
    return custom != nullptr && custom->commands;
}

/// All routes of the product under /api/v1, see api/routes.cpp.
const std::vector<Route>& all_routes();

}  // namespace annals::api
