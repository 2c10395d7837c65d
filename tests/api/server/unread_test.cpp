#include "tests/api/server/loopback.hpp"

#include <gtest/gtest.h>

namespace annals::server {
namespace {

/// Refuses what goes to /full, when it is asked.
ServerOptions refusing() {
    ServerOptions options;
    options.refuse_unread = [](const http::Request& request) -> std::optional<http::Problem> {
        if (request.path != "/full") return std::nullopt;
        return http::make_problem("OVERLOADED", "try again").retry_after(1);
    };
    return options;
}

std::string header(std::string_view path, std::size_t length, std::string_view more = {}) {
    return "POST " + std::string(path) + " HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(length) +
           "\r\n" + std::string(more) + "\r\n";
}

void expect_refused(const std::optional<Answer>& answer, std::string_view connection) {
    expect_problem(answer, 503, "refused unread");
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->header("retry-after"), "1");
    EXPECT_EQ(answer->header("connection"), connection);
}

TEST(Unread, IsAnsweredBeforeItsBodyAndTheConnectionGoesOnBehindIt) {
    TestServer server(refusing());
    server.start();
    RawClient client(server.port());
    for (const std::string_view begun : {"", "GET"}) {
        client.send(header("/full", 20) + std::string(begun));
        expect_refused(client.read(), "");
        client.send(std::string(20 - begun.size(), '\n') + get("/next"));
        EXPECT_TRUE(client.read()->body.starts_with("GET /next "));
    }
    client.send("POST /full HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel");
    expect_refused(client.read(), "");
    client.send("lo\r\n0\r\n\r\n" + get("/last"));
    EXPECT_TRUE(client.read()->body.starts_with("GET /last "));
    EXPECT_EQ(server.handled(), 3) << "no handler saw what was refused";
}

TEST(Unread, IsAskedForOnlyWhileABodyIsMissing) {
    TestServer server(refusing());
    server.start();
    RawClient client(server.port());
    client.send(post("/full", "hello") + get("/full"));
    EXPECT_TRUE(client.read()->body.starts_with("POST /full hello\n"));
    EXPECT_TRUE(client.read()->body.starts_with("GET /full "));
    client.send(header("/other", 5));
    client.send("hello");
    EXPECT_TRUE(client.read()->body.starts_with("POST /other hello\n"));
}

TEST(Unread, EndsTheConnectionOfAClientThatWaitsToBeAskedForItsBody) {
    TestServer server(refusing());
    server.start();
    RawClient client(server.port());
    client.send(header("/full", 5, "Expect: 100-continue\r\n"));
    expect_refused(client.read(), "close");
    EXPECT_TRUE(client.closed());
    EXPECT_EQ(server.handled(), 0);
}

TEST(Unread, EndsTheConnectionWhenTheBodyDoesNotComeOrIsBroken) {
    ServerOptions options = refusing();
    options.limits.body_grace_ms = 30;
    options.limits.linger_ms = 30;
    TestServer server(std::move(options));
    server.start();
    RawClient silent(server.port());
    silent.send(header("/full", 5));
    expect_refused(silent.read(), "");
    EXPECT_TRUE(silent.closed()) << "without a second answer";
    RawClient broken(server.port());
    broken.send("POST /full HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n");
    expect_refused(broken.read(), "");
    broken.send("no chunk\r\n" + get("/next"));
    EXPECT_TRUE(broken.closed()) << "without a second answer";
    EXPECT_EQ(server.handled(), 0);
}

}  // namespace
}  // namespace annals::server
