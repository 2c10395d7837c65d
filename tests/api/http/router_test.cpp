#include "api/http/router.hpp"

#include "api/http/uri.hpp"

#include <gtest/gtest.h>
#include <stdexcept>

namespace annals::http {
namespace {

const std::vector<Router::Row> kRows{
    {Method::get, "/"},
    {Method::post, "/api/v1/commands"},
    {Method::post, "/api/v1/commands:batch"},
    {Method::get, "/api/v1/projects"},
    {Method::post, "/api/v1/projects"},
    {Method::get, "/api/v1/projects/{id}"},
    {Method::patch, "/api/v1/projects/{project}"},
    {Method::get, "/api/v1/projects/{id}/board"},
    {Method::get, "/api/v1/orgs/{org}/members/{member}"},
    {Method::post, "/api/v1/projects/import"},
};

Router::Match match(Method method, std::string_view target) {
    static const Router router(kRows);
    // Parameters are views of the path, so the request outlives the match.
    static std::vector<std::unique_ptr<Request>> requests;
    Request& request = *requests.emplace_back(std::make_unique<Request>());
    EXPECT_TRUE(read_target(target, request)) << target;
    return router.match(method, request.segments);
}

TEST(Router, FindsTheRowAndItsParameters) {
    const std::vector<std::tuple<Method, std::string_view, std::size_t>> cases{
        {Method::get, "/", 0},
        {Method::post, "/api/v1/commands", 1},
        {Method::post, "/api/v1/commands:batch", 2},
        {Method::post, "/api/v1/commands%3Abatch", 2},
        {Method::get, "/api/v1/projects", 3},
        {Method::head, "/api/v1/projects", 3},
        {Method::post, "/api/v1/projects", 4},
        {Method::get, "/api/v1/projects/7", 5},
        {Method::patch, "/api/v1/projects/7", 6},
        {Method::get, "/api/v1/projects/7/board", 7},
        {Method::get, "/api/v1/orgs/1/members/2", 8},
        {Method::post, "/api/v1/projects/import", 9},
        {Method::get, "/api/v1/projects/import", 5},
        {Method::get, "/api/v1/projects/import/board", 7},
    };
    for (const auto& [method, path, row] : cases) {
        const Router::Match found = match(method, path);
        ASSERT_EQ(found.outcome, Router::Outcome::found) << path;
        EXPECT_EQ(found.row, row) << path;
    }
    EXPECT_EQ(match(Method::get, "/api/v1/projects/7").parameters["id"], "7");
    EXPECT_EQ(match(Method::patch, "/api/v1/projects/7").parameters["project"], "7");
    EXPECT_EQ(match(Method::get, "/api/v1/projects/a%20b/board").parameters["id"], "a b");
    const Router::Match two = match(Method::get, "/api/v1/orgs/1/members/2");
    EXPECT_EQ(two.parameters["org"], "1");
    EXPECT_EQ(two.parameters["member"], "2");
    EXPECT_EQ(two.parameters["none"], "");
}

TEST(Router, TellsUnknownPathsFromUnknownMethods) {
    for (const std::string_view path :
         {"/api", "/api/v1", "/api/v1/projects/", "/api/v1/projects//board", "//", "/API/v1/projects",
          "/api/v1/commands:other", "/api/v1/projects/7/board/x", "/api/v1/orgs/1/members/"}) {
        EXPECT_EQ(match(Method::get, path).outcome, Router::Outcome::unknown_path) << path;
    }
    const Router::Match method = match(Method::del, "/api/v1/projects");
    EXPECT_EQ(method.outcome, Router::Outcome::unknown_method);
    EXPECT_EQ(Router::allow_header(method.allowed), "GET, HEAD, POST, OPTIONS");
    EXPECT_EQ(
        Router::allow_header(match(Method::del, "/api/v1/projects/import").allowed),
        "GET, HEAD, POST, PATCH, OPTIONS"
    );
    EXPECT_EQ(Router::allow_header(match(Method::get, "/api/v1/commands").allowed), "POST, OPTIONS");
}

TEST(Router, RefusesMalformedTables) {
    for (const std::string_view pattern :
         {"", "a", "/{a", "/a}", "/a{b}", "/{a}b", "/{1}/{2}/{3}/{4}/{5}/{6}/{7}"}) {
        const std::vector<Router::Row> rows{{Method::get, pattern}};
        EXPECT_THROW(Router{rows}, std::logic_error) << pattern;
    }
    const std::vector<Router::Row> twice{{Method::get, "/a/{x}"}, {Method::get, "/a/{y}"}};
    EXPECT_THROW(Router{twice}, std::logic_error);
}

}  // namespace
}  // namespace annals::http
