#include "api/http/problem.hpp"

#include "api/http/problem_catalogue.hpp"

#include <gtest/gtest.h>
#include <set>

namespace annals::http {
namespace {

TEST(Problem, IsWrittenAsRfc9457Has) {
    Problem problem = make_problem("VALIDATION_FAILED", "2 fields \"are\" wrong");
    problem.errors.push_back({"/lines/0/qty", "out_of_range", "Must be 1 to 9."});
    problem.errors.push_back({"?limit", "invalid_parameter", "x"});
    problem.with("current_version", 7).with("held_by", "a\nb");
    Request request;
    request.request_id = "01a1fce8-1594-7089-867b-5892a161c0b4";
    const Response response = problem_response(request, problem);
    EXPECT_EQ(response.status, 422);
    EXPECT_EQ(response.content_type, "application/problem+json");
    EXPECT_EQ(
        response.body,
        R"({"type":"/docs/problems/validation-failed","title":"Validation failed","status":422,)"
        R"("code":"VALIDATION_FAILED","detail":"2 fields \"are\" wrong",)"
        R"("instance":"urn:uuid:01a1fce8-1594-7089-867b-5892a161c0b4",)"
        R"("errors":[{"pointer":"/lines/0/qty","code":"out_of_range","detail":"Must be 1 to 9."},)"
        R"({"parameter":"limit","code":"invalid_parameter","detail":"x"}],)"
        R"("current_version":7,"held_by":"a\nb"})"
    );
}

TEST(Problem, CarriesTheHeadersItsStatusNeeds) {
    EXPECT_EQ(
        problem_response("", make_problem("UNAUTHENTICATED", "")).headers.get("WWW-Authenticate"), "Bearer"
    );
    Problem behind = make_problem("PROJECTION_BEHIND", "");
    EXPECT_EQ(problem_response("", behind.retry_after(2)).headers.get("Retry-After"), "2");
    Problem method = make_problem("METHOD_NOT_ALLOWED", "");
    method.allow = "GET";
    EXPECT_EQ(problem_response("", method).headers.get("Allow"), "GET");
}

TEST(Problem, IsMadeFromARejection) {
    Rejection rejection = reject("VERSION_CONFLICT", "changed");
    rejection.current_version = 9;
    EXPECT_EQ(to_problem(rejection).status, 409);
    EXPECT_EQ(to_problem(rejection, true).status, 412);
    EXPECT_EQ(to_problem(rejection, true).code, "VERSION_CONFLICT");
    EXPECT_NE(
        problem_response("", to_problem(rejection)).body.find("\"current_version\":9"), std::string::npos
    );
    const Problem fields = to_problem(reject_field("/name", "too_long", "At most 80."));
    EXPECT_EQ(fields.status, 422);
    EXPECT_EQ(fields.errors.size(), 1);
    EXPECT_EQ(to_problem(reject("NOT_IN_ANY_TABLE", "x")).status, 409);
}

TEST(ProblemCatalogue, HasAPageForEveryCode) {
    std::set<std::string> slugs;
    for (const ProblemInfo& info : problem_catalogue()) {
        EXPECT_EQ(find_problem(info.code), &info);
        EXPECT_TRUE(slugs.insert(problem_slug(info.code)).second) << info.code;
        EXPECT_GE(info.status, 400) << info.code;
        EXPECT_LT(info.status, 600) << info.code;
        EXPECT_FALSE(reason_phrase(info.status).empty()) << info.code;
        EXPECT_TRUE(info.explanation.ends_with('.') && info.remedy.ends_with('.')) << info.code;
        const std::optional<Response> page = problem_page(problem_slug(info.code));
        ASSERT_TRUE(page) << info.code;
        EXPECT_NE(page->body.find(info.code), std::string::npos);
        EXPECT_NE(problem_index_page().body.find(info.code), std::string::npos);
    }
    for (const std::string_view code :
         {"UNAUTHENTICATED", "FORBIDDEN", "NOT_FOUND", "VERSION_CONFLICT", "INVALID_STATE", "DUPLICATE",
          "WIP_LIMIT", "VALIDATION_FAILED", "MALFORMED_JSON", "IDEMPOTENCY_MISMATCH", "IN_PROGRESS",
          "PROJECTION_BEHIND", "OVERLOADED", "UNAVAILABLE", "INVITE_EXPIRED", "ALREADY_BOOTSTRAPPED",
          "INTERNAL", "RATE_LIMITED", "LAST_OWNER"}) {
        EXPECT_NE(find_problem(code), nullptr) << code;
    }
    EXPECT_EQ(find_problem("NO_SUCH_CODE"), nullptr);
    EXPECT_FALSE(problem_page("no-such-code"));
    EXPECT_FALSE(problem_page("VERSION_CONFLICT"));
}

}  // namespace
}  // namespace annals::http
