#include "tests/support/api_client.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <zlib.h>

namespace annals::test {
namespace {

using testing::HasSubstr;

const std::string kOrigin = "https://console.example.org";

std::string unzipped(const std::string& zipped) {
    z_stream stream{};
    constexpr int kGzipOnly = 16 + MAX_WBITS;
    if (inflateInit2(&stream, kGzipOnly) != Z_OK) return "inflateInit2 failed";
    std::string out(1 << 20, '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(zipped.data()));
    stream.avail_in = static_cast<uInt>(zipped.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    const int result = inflate(&stream, Z_FINISH);
    out.resize(stream.total_out);
    inflateEnd(&stream);
    return result == Z_STREAM_END ? out : "inflate failed";
}

class Representations : public testing::Test {
protected:
    ServedInstance instance{InstanceSettings{.flags = {"--cors-origins", kOrigin}}};
    TwoOrganizations people{instance};
    SmallBoard board{people.ada, "REP"};
    std::string task = kApi + "/tasks/" + board.first_task;
};

TEST_F(Representations, AreZippedForWhoAcceptsItWhenTheyAreLong) {
    const Words gzip{"Accept-Encoding: gzip"};
    EXPECT_EQ(people.ada.get(task, gzip).header("content-encoding"), "");
    const std::string text(5000, 'z');
    const Words wait{"Prefer: wait=10"};
    ASSERT_EQ(people.ada.patch(task, fmt::format(R"({{"description":"{}"}})", text), wait).status, 200);
    const Answer plain = people.ada.get(task);
    const Answer zipped = people.ada.get(task, gzip);
    EXPECT_EQ(plain.header("etag"), R"("2")");
    EXPECT_THAT(plain.header("vary"), HasSubstr("Accept-Encoding"));
    EXPECT_EQ(zipped.header("content-encoding"), "gzip");
    EXPECT_EQ(zipped.header("etag"), R"("2-gzip")");
    EXPECT_LT(zipped.raw.body.size(), 1500U);
    EXPECT_EQ(unzipped(zipped.raw.body), plain.raw.body);
    EXPECT_EQ(people.ada.get(task, {"Accept-Encoding: gzip", R"(If-None-Match: "2-gzip")"}).status, 304);
    // The tag of either form names the version to change.
    EXPECT_EQ(people.ada.patch(task, R"({"title":"Again"})", {R"(If-Match: "2-gzip")"}).status, 200);
    // An answer with a secret in it is never compressed (BREACH).
    const Answer login = people.public_client.post(
        kApi + "/auth/login", fmt::format(R"({{"login":"ada@example.org","password":"{}"}})", kPassword), gzip
    );
    EXPECT_EQ(login.header("content-encoding"), "");
}

TEST_F(Representations, AreSharedWithListedOriginsOnly) {
    const Answer listed = people.ada.get(task, {"Origin: " + kOrigin});
    EXPECT_EQ(listed.header("access-control-allow-origin"), kOrigin);
    EXPECT_THAT(listed.header("access-control-expose-headers"), HasSubstr("ETag"));
    EXPECT_THAT(listed.header("vary"), HasSubstr("Origin"));
    const Answer stranger = people.ada.get(task, {"Origin: https://evil.example.org"});
    EXPECT_EQ(stranger.status, 200);
    EXPECT_EQ(stranger.header("access-control-allow-origin"), "");
    const Answer failed = people.ada.get(kApi + "/tasks/none", {"Origin: " + kOrigin});
    EXPECT_EQ(failed.header("access-control-allow-origin"), kOrigin)
        << "a page must be able to read a problem";
    for (const std::string& origin : {kOrigin, std::string("https://evil.example.org")}) {
        const Answer preflight = people.public_client.send(
            "OPTIONS", task, {},
            {"Origin: " + origin, "Access-Control-Request-Method: PATCH",
             "Access-Control-Request-Headers: authorization, if-match"}
        );
        EXPECT_EQ(preflight.status, 204);
        EXPECT_EQ(preflight.header("access-control-allow-origin"), origin == kOrigin ? kOrigin : "");
        if (origin == kOrigin)
            EXPECT_THAT(preflight.header("access-control-allow-methods"), HasSubstr("PATCH"));
    }
}

TEST_F(Representations, HaveTheSameHeadWithoutABody) {
    for (const std::string& target :
         {task, kApi + "/tasks", kApi + "/projects/" + board.project + "/board", kApi + "/tasks/none"}) {
        const Answer whole = people.ada.get(target);
        const Answer head = people.ada.send("HEAD", target);
        EXPECT_EQ(head.status, whole.status) << target;
        EXPECT_EQ(head.header("etag"), whole.header("etag")) << target;
        EXPECT_EQ(head.header("content-type"), whole.header("content-type")) << target;
        EXPECT_EQ(head.header("content-length"), whole.header("content-length")) << target;
        EXPECT_EQ(head.raw.body, "");
    }
}

TEST_F(Representations, SayHowTheyMayBeUsed) {
    const Answer answer = people.ada.get(task);
    EXPECT_EQ(answer.header("x-content-type-options"), "nosniff");
    EXPECT_THAT(answer.header("cache-control"), testing::AnyOf(HasSubstr("no-store"), HasSubstr("private")));
    EXPECT_NE(answer.header("x-request-id"), "");
}

}  // namespace
}  // namespace annals::test
