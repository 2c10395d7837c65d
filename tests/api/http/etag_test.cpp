#include "api/http/etag.hpp"

#include <gtest/gtest.h>

namespace annals::http {
namespace {

using Kind = VersionCondition::Kind;

std::expected<VersionCondition, Problem> read(std::string_view name, std::string_view value) {
    Request request;
    request.headers.add(name, value);
    return read_version_condition(request);
}

TEST(Etag, IsTheVersionInQuotes) {
    EXPECT_EQ(make_etag(7), "\"7\"");
}

TEST(Etag, ReadsExpectedVersions) {
    EXPECT_EQ(read("Accept", "x")->kind, Kind::any);
    EXPECT_EQ(read("If-Match", "*")->kind, Kind::exists);
    EXPECT_EQ(read("If-None-Match", " * ")->kind, Kind::none);
    const auto exact = read("If-Match", "\"7\"");
    ASSERT_TRUE(exact);
    EXPECT_EQ(exact->kind, Kind::exact);
    EXPECT_TRUE(exact->holds(7));
    EXPECT_FALSE(exact->holds(8));
    const auto compressed = read("If-Match", "\"7-gzip\"");
    ASSERT_TRUE(compressed);
    EXPECT_TRUE(compressed->holds(7));
    const auto several = read("If-Match", "\"7\" , \"9\"");
    ASSERT_TRUE(several);
    EXPECT_EQ(several->kind, Kind::one_of);
    EXPECT_TRUE(several->holds(9));
    EXPECT_FALSE(several->holds(8));
}

TEST(Etag, RefusesConditionsThatMeanNothing) {
    std::string many;
    for (int i = 0; i < 40; ++i) many += "\"" + std::to_string(i) + "\",";
    for (const std::string& value :
         {std::string(), std::string(","), std::string("7"), std::string("\"\""), std::string("\"x\""),
          std::string("W/\"7\""), std::string("\"7"), std::string("\"07\""), std::string("\"-1\""),
          std::string("\"7.0\""), std::string("\"99999999999999999999\""), std::string("*, \"7\""), many}) {
        EXPECT_FALSE(read("If-Match", value)) << value;
    }
    EXPECT_FALSE(read("If-None-Match", "\"7\""));
    Request both;
    both.headers.add("If-Match", "*");
    both.headers.add("If-None-Match", "*");
    EXPECT_FALSE(read_version_condition(both));
    Request twice;
    twice.headers.add("If-Match", "\"1\"");
    twice.headers.add("If-Match", "\"2\"");
    EXPECT_FALSE(read_version_condition(twice));
}

TEST(Etag, AnswersNotModifiedForTheKnownTag) {
    for (const auto& [value, expected] :
         {std::pair{"\"7\"", true},
          {"W/\"7\"", true},
          {"\"7-gzip\"", true},
          {"\"6\", \"7\"", true},
          {"*", true},
          {"\"8\"", false},
          {"", false},
          {"7", false},
          {"\"a,7\"", false}}) {
        Request request;
        request.headers.add("If-None-Match", value);
        EXPECT_EQ(is_not_modified(request, "\"7\""), expected) << value;
    }
    EXPECT_FALSE(is_not_modified(Request(), "\"7\""));
    const Response response = not_modified("\"7\"");
    EXPECT_EQ(response.status, 304);
    EXPECT_EQ(response.headers.get("ETag"), "\"7\"");
}

}  // namespace
}  // namespace annals::http
