#include "api/http/uri.hpp"

#include <gtest/gtest.h>

namespace annals::http {
namespace {

TEST(Uri, SplitsAndDecodesTheTargetOnce) {
    Request request;
    ASSERT_TRUE(read_target("/api/v1/projects/K%C3%B6ln/board?sort=a%20b&x", request));
    EXPECT_EQ(request.path, "/api/v1/projects/Köln/board");
    EXPECT_EQ(request.query, "sort=a%20b&x");
    const std::vector<std::string_view> expected{"api", "v1", "projects", "Köln", "board"};
    EXPECT_EQ(request.segments, expected);
}

TEST(Uri, KeepsAnEmptySegmentWhereSlashesMeet) {
    Request request;
    ASSERT_TRUE(read_target("/a//b/", request));
    const std::vector<std::string_view> expected{"a", "", "b", ""};
    EXPECT_EQ(request.segments, expected);
}

TEST(Uri, DecodesAnEscapeOnceOnly) {
    Request request;
    ASSERT_TRUE(read_target("/a%2541", request));
    EXPECT_EQ(request.path, "/a%41");
}

TEST(Uri, RefusesTargetsThatTwoReadersCouldTakeInTwoWays) {
    const std::vector<std::string> targets{
        "",
        "*",
        "a",
        "http://h/a",
        "//../a",
        "/..",
        "/a/../b",
        "/a/./b",
        "/.",
        "/%2e%2e/a",
        "/%2E",
        "/a/%2e./b",
        "/a%2fb",
        "/a%2Fb",
        "/a%00",
        "/a%0a",
        "/a%7f",
        "/a%5cb",
        "/a\\b",
        "/a#b",
        "/a b",
        "/a\tb",
        "/a%",
        "/a%4",
        "/a%zz",
        "/%c0%af",
        "/%c0%ae%c0%ae",
        "/%e0%80%af",
        "/%f0%80%80%af",
        "/%ff",
        "/%ed%a0%80",
        "/%f4%90%80%80",
        "/%c3",
        "/\xc3\xa4",
        "/a\x01",
        std::string("/a\0b", 4),
        "/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17",
    };
    for (const std::string& target : targets) {
        Request request;
        EXPECT_FALSE(read_target(target, request)) << target;
    }
}

TEST(Uri, EncodesWhatIsNotUnreserved) {
    EXPECT_EQ(percent_encode("a-b_c.d~e"), "a-b_c.d~e");
    EXPECT_EQ(percent_encode("a b/ü&"), "a%20b%2F%C3%BC%26");
    EXPECT_EQ(percent_decode(percent_encode("a b/ü&"), false), "a b/ü&");
}

}  // namespace
}  // namespace annals::http
