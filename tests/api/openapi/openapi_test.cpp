#include "api/openapi/openapi.hpp"

#include "api/http/problem_catalogue.hpp"
#include "commands/catalogue.hpp"
#include "domain/catalogue.hpp"

#include <algorithm>
#include <gtest/gtest.h>
#include <set>

namespace annals::api {
namespace {

const std::string& document() {
    static const std::string kDocument = openapi_document(all_routes());
    return kDocument;
}

/// The text of one member of depth `indent` spaces, up to the line that closes it.
std::string member(const std::string& text, const std::string& key, std::size_t indent) {
    const std::string spaces(indent, ' ');
    const auto begin = text.find("\n" + spaces + "\"" + key + "\": {");
    if (begin == std::string::npos) return {};
    return text.substr(begin, text.find("\n" + spaces + "}", begin) - begin);
}

std::string operation(const std::string& pattern, const std::string& method) {
    return member(member(document(), pattern, 4), method, 6);
}

void expect_contains(const std::string& text, std::string_view part) {
    EXPECT_NE(text.find(part), std::string::npos) << part << " is missing in\n" << text;
}

TEST(OpenApi, HasEveryRouteUnderAnOperationIdOfItsOwn) {
    std::set<std::string_view> operations;
    for (const Route& route : all_routes()) {
        EXPECT_TRUE(operations.insert(route.operation).second) << route.operation << " is there twice";
        EXPECT_FALSE(route.summary.empty()) << route.pattern;
        expect_contains(member(document(), std::string(route.pattern), 4), route.operation);
    }
}

TEST(OpenApi, OffersEveryReachableCommandAsAResourceRouteAndByName) {
    const auto sent = commands_of(all_routes());
    const std::string schemas = member(document(), "Command", 6);
    for (const auto& shape : contract::command_shapes()) {
        const CommandType* type = find_command(shape.name);
        ASSERT_NE(type, nullptr) << shape.name;
        const bool has_route = std::ranges::find(sent, type) != sent.end();
        EXPECT_EQ(has_route, type->access != Access::internal) << shape.name;
        if (has_route) expect_contains(schemas, "\"" + std::string(shape.name) + "\"");
    }
}

TEST(OpenApi, DescribesACommandRouteByItsCommand) {
    const std::string move = operation("/api/v1/tasks/{id}/move", "post");
    expect_contains(move, R"("x-command": "prj.MoveTask")");
    expect_contains(move, R"("x-permission": "task.move")");
    expect_contains(move, R"("$ref": "#/components/schemas/MoveTask")");
    expect_contains(move, R"("$ref": "#/components/schemas/CommandAnswer")");
    for (const std::string_view parameter : {"IdempotencyKey", "IfMatch", "Prefer"}) {
        expect_contains(move, "#/components/parameters/" + std::string(parameter));
    }
    expect_contains(member(move, "409", 10), "WIP_LIMIT");
    expect_contains(member(move, "412", 10), "VERSION_CONFLICT");
}

TEST(OpenApi, LeavesOutOfTheBodyWhatThePathSays) {
    const std::string create = operation("/api/v1/projects/{id}/tasks", "post");
    EXPECT_EQ(create.find("\"project_id\""), std::string::npos);
    expect_contains(create, R"("required": ["title"])");
    expect_contains(member(create, "201", 10), "#/components/headers/Location");
}

TEST(OpenApi, DescribesAListWithItsFiltersAndEnvelope) {
    const std::string list = operation("/api/v1/tasks", "get");
    expect_contains(list, R"("name": "project")");
    expect_contains(list, R"("enum": ["rank", "rank:asc", "rank:desc",)");
    expect_contains(list, R"("required": ["items", "next_cursor", "has_more"])");
    for (const std::string_view parameter : {"MinPosition", "Limit", "Cursor"}) {
        expect_contains(list, "#/components/parameters/" + std::string(parameter));
    }
}

TEST(OpenApi, LetsOnlyPublicRoutesGoWithoutAToken) {
    expect_contains(operation("/api/v1/auth/login", "post"), R"("security": [])");
    EXPECT_EQ(operation("/api/v1/tasks", "get").find("\"security\""), std::string::npos);
}

TEST(OpenApi, HasEveryProblemCodeAsASharedResponse) {
    const std::string responses = member(document(), "responses", 4);
    for (const auto& info : http::problem_catalogue()) {
        EXPECT_FALSE(member(responses, std::string(info.code), 6).empty()) << info.code;
    }
}

TEST(OpenApi, NamesOnlyProblemsThatAreInTheCatalogue) {
    for (const CommandType* command : commands_of(all_routes())) {
        for (const std::string_view code : problems_of(*command)) {
            EXPECT_NE(http::find_problem(code), nullptr) << command->name() << " may refuse with " << code;
        }
    }
    for (const Route& route : all_routes()) {
        const auto* custom = std::get_if<CustomRoute>(&route.action);
        if (custom == nullptr) continue;
        for (const std::string_view code : custom->problems)
            EXPECT_NE(http::find_problem(code), nullptr) << code;
    }
}

TEST(OpenApi, IsEmptyButWholeWithoutRoutes) {
    const std::string empty = openapi_document({});
    expect_contains(empty, R"("paths": {})");
    expect_contains(empty, R"("openapi": "3.1.0")");
}

}  // namespace
}  // namespace annals::api
