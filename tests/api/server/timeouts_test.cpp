#include "tests/api/server/loopback.hpp"

#include <chrono>
#include <gtest/gtest.h>
#include <set>
#include <thread>

// Every phase of a connection has one deadline that arriving bytes do not push back. The limits are short
// here, and the tests wait for what the server does, not for a time of their own.
namespace annals::server {
namespace {

ServerOptions short_limits() {
    ServerOptions options;
    options.limits.header_timeout_ms = 500;
    options.limits.body_grace_ms = 400;
    options.limits.idle_timeout_ms = 200;
    options.limits.write_stall_ms = 100;
    options.limits.request_timeout_ms = 700;
    options.limits.linger_ms = 100;
    return options;
}

constexpr int kPaceMs = 5;

/// Sends piece after piece at a steady pace until the server has had enough and answers.
void trickle(RawClient& client, std::string_view piece) {
    while (!client.readable_within(kPaceMs) && client.send(piece)) {
    }
}

TEST(Timeouts, ASlowHeaderIsEndedHoweverSteadilyItTrickles) {
    TestServer server(short_limits());
    server.start();
    RawClient client(server.port());
    client.send("GET / HTTP/1.1\r\nHost: h\r\nX: ");
    trickle(client, "x");
    expect_problem(client.read(), 408, "slow header");
    EXPECT_FALSE(client.read());
    EXPECT_EQ(server.handled(), 0);
}

TEST(Timeouts, AConnectionWithoutARequestIsClosed) {
    TestServer server(short_limits());
    server.start();
    RawClient silent(server.port());
    EXPECT_TRUE(silent.closed());
}

TEST(Timeouts, AnIdleConnectionIsClosedWithoutAWord) {
    TestServer server(short_limits());
    server.start();
    RawClient client(server.port());
    client.send(get("/"));
    EXPECT_EQ(client.read()->status, 200);
    EXPECT_TRUE(client.closed());
}

TEST(Timeouts, ASlowBodyIsEnded) {
    ServerOptions options = short_limits();
    options.limits.request_timeout_ms = 60'000;
    TestServer server(std::move(options));
    server.start();
    RawClient client(server.port());
    client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\n");
    trickle(client, "x");
    expect_problem(client.read(), 408, "slow body");
    EXPECT_FALSE(client.read());
}

TEST(Timeouts, ABodyAtTheDemandedRateMayTakeLongerThanItsGrace) {
    ServerOptions options = short_limits();
    options.limits.body_bytes_per_second_min = 1000;
    options.limits.request_timeout_ms = 60'000;
    TestServer server(std::move(options));
    server.start();
    RawClient client(server.port());
    client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5000\r\n\r\n");
    for (int i = 0; i < 200; ++i) {
        ASSERT_TRUE(client.send(std::string(25, 'b')));
        ASSERT_TRUE(i == 199 || !client.readable_within(kPaceMs));
    }
    EXPECT_EQ(client.read()->status, 200);
}

TEST(Timeouts, AHandlerThatNeverAnswersIsAnsweredFor) {
    TestServer server(short_limits());
    Pending pending;
    server.on("/never", pending.handler());
    server.start();
    RawClient client(server.port());
    client.send(get("/never"));
    const std::optional<Answer> answer = client.read();
    expect_problem(answer, 503, "no answer");
    EXPECT_EQ(answer->header("retry-after"), "1");
    EXPECT_EQ(answer->header("connection"), "close");
    pending.take(0)(http::text_response(200, "too late"));
    EXPECT_FALSE(client.read());
}

TEST(Timeouts, AClientThatDoesNotReadIsClosed) {
    TestServer server(short_limits());
    server.on("/large", [](const auto&, http::Respond respond) {
        respond(http::json_response(200, std::string(64 * 1024 * 1024, 'x')));
    });
    server.start();
    RawClient client(server.port());
    client.shrink_receive_buffer();
    client.send(get("/large"));
    while (server.handled() == 0 || server.server().connections() > 0) std::this_thread::yield();
    client.abort();
}

TEST(Timeouts, ARefusalThatAsksToComeBackLaterIsKeptBack) {
    ServerOptions options;
    options.limits.refusal_hold_ms = 400;
    options.refuse_unread = [](const http::Request& request) -> std::optional<http::Problem> {
        if (request.path != "/unread") return std::nullopt;
        return http::make_problem("OVERLOADED", "try again").retry_after(1);
    };
    TestServer server(std::move(options));
    const auto refuses = [](const http::Problem& problem) {
        return [problem](const std::shared_ptr<http::Request>& request, http::Respond respond) {
            respond(http::problem_response(*request, problem));
        };
    };
    server.on("/full", refuses(http::make_problem("OVERLOADED", "try again").retry_after(1)));
    server.on("/red", refuses(http::make_problem("UNAVAILABLE", "not ready")));
    server.start();
    RawClient client(server.port());
    client.send(get("/before") + get("/full") + get("/after"));
    EXPECT_EQ(client.read()->status, 200) << "what was answered before does not wait";
    EXPECT_FALSE(client.readable_within(100));
    expect_problem(client.read(), 503, "refused");
    EXPECT_EQ(client.read()->status, 200);
    client.send("POST /unread HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\n");
    EXPECT_FALSE(client.readable_within(100));
    expect_problem(client.read(), 503, "refused before its body");
    client.send("hello" + get("/red"));
    EXPECT_TRUE(client.readable_within(250)) << "nobody is asked to come back";
    expect_problem(client.read(), 503, "not ready");
}

TEST(Timeouts, RefusalsAreKeptBackForDifferentTimes) {
    constexpr int kRequests = 8;
    ServerOptions options;
    options.limits.refusal_hold_ms = 0;
    options.limits.refusal_spread_ms = 400;
    TestServer server(std::move(options));
    server.on("/full", [](const std::shared_ptr<http::Request>& request, http::Respond respond) {
        respond(http::problem_response(*request, http::make_problem("OVERLOADED", "again").retry_after(1)));
    });
    server.start();
    RawClient client(server.port());
    std::set<std::chrono::milliseconds> took;
    for (int i = 0; i < kRequests; ++i) {
        const auto sent = std::chrono::steady_clock::now();
        client.send(get("/full"));
        expect_problem(client.read(), 503, "refused");
        took.insert(
            std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - sent)
        );
    }
    // Eight times of 0 to 400 ms lie within 40 once in a million runs.
    EXPECT_GT((*took.rbegin() - *took.begin()).count(), 40);
}

TEST(Timeouts, AnAnswerWhoseTimeMustNotTellLeavesAtAMultipleOfAStep) {
    using std::chrono::milliseconds;
    using Clock = std::chrono::steady_clock;
    constexpr int kStepMs = 300;
    ServerOptions options;
    options.limits.even_answer_ms = kStepMs;
    TestServer server(std::move(options));
    Pending pending;
    server.on("/entry", pending.handler());
    server.start();
    RawClient client(server.port());
    const auto answered_after = [&](Clock::duration worked) {
        client.send(get("/entry"));
        EXPECT_TRUE(pending.wait_for(1));
        const auto began = Clock::now() - worked;
        http::Response response = http::text_response(401, "no");
        response.evenly_since = began;
        pending.take(0)(std::move(response));
        EXPECT_EQ(client.read()->status, 401);
        return Clock::now() - began;
    };
    EXPECT_GE(answered_after(milliseconds(0)), milliseconds(kStepMs));
    EXPECT_GE(answered_after(milliseconds(kStepMs + 20)), milliseconds(2 * kStepMs));
}

TEST(Timeouts, ARefusalThatWasLongInComingIsNotKeptBack) {
    constexpr int kHoldMs = 700;
    ServerOptions options;
    options.limits.refusal_hold_ms = kHoldMs;
    options.limits.refusal_spread_ms = 0;
    TestServer server(std::move(options));
    Pending pending;
    server.on("/slow", pending.handler());
    server.start();
    RawClient client(server.port());
    client.send(get("/slow"));
    ASSERT_TRUE(pending.wait_for(1));
    EXPECT_FALSE(client.readable_within(kHoldMs + 50));
    const http::Problem problem = http::make_problem("OVERLOADED", "try again").retry_after(1);
    pending.take(0)(http::problem_response("0192f0e0-0000-7000-8000-000000000000", problem));
    EXPECT_TRUE(client.readable_within(kHoldMs / 2));
    EXPECT_EQ(client.read()->status, 503);
}

}  // namespace
}  // namespace annals::server
