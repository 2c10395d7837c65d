#include "api/http/problem_catalogue.hpp"
#include "commands/catalogue.hpp"
#include "tests/api/route_cases.hpp"

#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <gmock/gmock.h>
#include <iterator>
#include <regex>
#include <set>

namespace annals::test {
namespace {

/// The codes that the layers' sources refuse with, by the calls that make refusals.
std::set<std::string> codes_in_sources() {
    static const std::regex kRefusal(R"re((?:\breject|make_problem)\(\s*"([A-Z_]+)")re");
    std::set<std::string> codes;
    for (const char* layer : {"domain", "commands", "projections", "api", "infra"}) {
        const std::filesystem::path folder = std::filesystem::path(ANNALS_TEST_SOURCES) / layer;
        for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
            if (entry.path().extension() != ".cpp" && entry.path().extension() != ".hpp") continue;
            std::ifstream file(entry.path());
            const std::string text{std::istreambuf_iterator<char>(file), {}};
            for (std::sregex_iterator at(text.begin(), text.end(), kRefusal), end; at != end; ++at) {
                codes.insert((*at)[1]);
            }
        }
    }
    return codes;
}

TEST(Problems, AreAllInTheCatalogue) {
    const auto codes = codes_in_sources();
    EXPECT_GT(codes.size(), 15U);
    for (const std::string& code : codes) EXPECT_NE(http::find_problem(code), nullptr) << code;
    for (const CommandType& command : all_commands()) {
        for (const auto code : command.shape->rejections) {
            EXPECT_NE(http::find_problem(code), nullptr) << command.name() << ' ' << code;
        }
    }
    for (const api::Route& route : api::all_routes()) {
        const auto* custom = std::get_if<api::CustomRoute>(&route.action);
        if (custom == nullptr) continue;
        for (const auto code : custom->problems)
            EXPECT_NE(http::find_problem(code), nullptr) << route.operation << code;
    }
}

TEST(Problems, LeadToAPageAndToTheLog) {
    ServedInstance instance;
    ApiClient client(instance);
    for (const http::ProblemInfo& problem : http::problem_catalogue()) {
        const Answer page = client.get("/docs/problems/" + http::problem_slug(problem.code));
        EXPECT_EQ(page.status, 200) << problem.code;
        EXPECT_THAT(page.raw.body, testing::HasSubstr(std::string(problem.code)));
    }
    EXPECT_EQ(client.get("/docs/problems/no-such-problem").status, 404);
    EXPECT_EQ(client.get("/docs/problems").status, 200);

    const Answer refused = client.get(kApi + "/tasks");
    EXPECT_EQ(client.get(refused.text("/type")).status, 200) << refused;
    const std::string id = refused.text("/instance").substr(std::string("urn:uuid:").size());
    EXPECT_EQ(refused.header("x-request-id"), id);
    EXPECT_TRUE(eventually([&] { return instance.log().contains(id); })) << "the log does not say " << id;
    // Every line of the log is one JSON object, whatever clients send.
    (void)client.get("/api/v1/tasks/%0a%7b%22forged%22%3atrue%7d");
    (void)client.get("/api/v1/a%22b");
    const std::string log = instance.log();
    for (std::size_t at = 0; at < log.size();) {
        const auto end = log.find('\n', at);
        EXPECT_NO_THROW((void)Json::parse(log.substr(at, end - at)));
        at = end == std::string::npos ? log.size() : end + 1;
    }
}

TEST(Problems, AreNeverCausedBySecretsInTheLog) {
    ServedInstance instance;
    TwoOrganizations people(instance);
    (void)people.ada.get(kApi + "/tasks?q=quiet&no_such=1");
    ASSERT_EQ(instance.stop(), 0);
    const std::string log = instance.log();
    for (const std::string& secret :
         {people.ada.token(), people.ada_refresh_token, people.last_invitation_token, kPassword,
          std::string("ada@example.org"), instance.bootstrap_token()}) {
        EXPECT_FALSE(log.contains(secret)) << "the log says " << secret;
    }
}

}  // namespace
}  // namespace annals::test
