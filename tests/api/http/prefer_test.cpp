#include "api/http/prefer.hpp"

#include <gtest/gtest.h>

namespace annals::http {
namespace {

Prefer read(std::string_view value) {
    Request request;
    request.headers.add("Prefer", value);
    return read_prefer(request);
}

TEST(Prefer, ReadsWaitAndReturn) {
    EXPECT_EQ(read("wait=2").wait_s, 2);
    EXPECT_EQ(read("WAIT = \"3\"; x=1").wait_s, 3);
    EXPECT_EQ(read("respond-async, wait=4").wait_s, 4);
    EXPECT_TRUE(read("return=minimal").return_minimal);
    EXPECT_TRUE(read("return=representation").return_representation);
    EXPECT_EQ(read("wait=5, return=minimal").applied(), "wait=5, return=minimal");
    EXPECT_EQ(read("wait=5").applied(), "wait=5");
    EXPECT_EQ(read("return=representation").applied(), "return=representation");
    EXPECT_EQ(read("x").applied(), "");
}

TEST(Prefer, BoundsTheWait) {
    EXPECT_EQ(read("wait=9999").wait_s, kPreferWaitSecondsMax);
    EXPECT_EQ(read("wait=99999999999999999999").wait_s, kPreferWaitSecondsMax);
    EXPECT_EQ(read("wait=0").wait_s, 0);
}

TEST(Prefer, IgnoresWhatItDoesNotUnderstand) {
    for (const std::string_view value :
         {"", "wait", "wait=", "wait=x", "wait=-1", "wait=1.5", "wait=1x", "\"wait=1\"", ",;="}) {
        EXPECT_EQ(read(value).wait_s, std::nullopt) << value;
    }
    EXPECT_EQ(read("return=all").applied(), "");
    EXPECT_EQ(read("wait=1, wait=2").wait_s, 1);
    EXPECT_TRUE(read("return=minimal, return=representation").return_minimal);
}

}  // namespace
}  // namespace annals::http
