#include "api/server/http_server.hpp"

#include "tests/api/server/loopback.hpp"

#include <gtest/gtest.h>
#include <stdexcept>
#include <thread>

namespace annals::server {
namespace {

TEST(HttpServer, ServesManyRequestsOnOneConnection) {
    TestServer server;
    server.start();
    RawClient client(server.port());
    for (int i = 0; i < 100; ++i) {
        const std::string path = "/" + std::to_string(i);
        client.send(i % 2 == 0 ? get(path) : post(path, "b" + path));
        const std::optional<Answer> answer = client.read();
        ASSERT_TRUE(answer);
        EXPECT_EQ(answer->status, 200);
        EXPECT_TRUE(
            answer->body.starts_with(i % 2 == 0 ? "GET " + path + " \n" : "POST " + path + " b" + path + "\n")
        );
        expect_security_headers(*answer, path);
        EXPECT_EQ(answer->header("connection"), "");
    }
}

TEST(HttpServer, AnswersPipelinedRequestsInOrder) {
    TestServer server;
    server.start();
    RawClient client(server.port());
    std::string requests;
    for (int i = 0; i < 200; ++i) requests += get("/" + std::to_string(i));
    client.send(requests);
    for (int i = 0; i < 200; ++i) {
        const std::optional<Answer> answer = client.read();
        ASSERT_TRUE(answer) << i;
        EXPECT_TRUE(answer->body.starts_with("GET /" + std::to_string(i) + " ")) << answer->body;
    }
}

TEST(HttpServer, SendsWhatIsReadyWhileALaterRequestWaits) {
    TestServer server;
    Pending pending;
    server.on("/slow", pending.handler());
    server.start();
    RawClient client(server.port());
    client.send(get("/1") + get("/slow") + get("/3"));
    EXPECT_TRUE(client.read()->body.starts_with("GET /1"));
    ASSERT_TRUE(pending.wait_for(1));
    EXPECT_EQ(server.last_path(), "/slow");
    pending.take(0)(http::text_response(200, "slow"));
    EXPECT_EQ(client.read()->body, "slow");
    EXPECT_TRUE(client.read()->body.starts_with("GET /3"));
}

TEST(HttpServer, LetsHandlersCompleteInAnyOrderFromAnyThread) {
    TestServer server;
    Pending pending;
    server.on("/later", pending.handler());
    server.start();
    constexpr std::size_t kClients = 16;
    std::vector<std::unique_ptr<RawClient>> clients;
    for (std::size_t i = 0; i < kClients; ++i) {
        clients.push_back(std::make_unique<RawClient>(server.port()));
        clients.back()->send(get("/later") + get("/after" + std::to_string(i)));
        ASSERT_TRUE(pending.wait_for(i + 1));
    }
    std::thread completer([&] {
        for (std::size_t i = kClients; i > 0; --i)
            pending.take(i - 1)(http::text_response(200, std::to_string(i - 1)));
    });
    completer.join();
    for (std::size_t i = 0; i < kClients; ++i) {
        EXPECT_EQ(clients[i]->read()->body, std::to_string(i));
        EXPECT_TRUE(clients[i]->read()->body.starts_with("GET /after" + std::to_string(i) + " "));
    }
}

TEST(HttpServer, AnswersForHandlersThatLoseTheirAnswer) {
    TestServer server;
    server.on("/lost", [](const auto&, http::Respond) {});
    server.on("/throws", [](const auto&, http::Respond) { throw std::runtime_error("secret detail"); });
    server.on("/throws-late", [](const auto&, http::Respond respond) {
        respond(http::text_response(200, "fine"));
        throw std::runtime_error("after the answer");
    });
    Pending pending;
    server.on("/lost-later", pending.handler());
    server.start();
    RawClient client(server.port());
    for (const std::string_view path : {"/lost", "/throws"}) {
        client.send(get(path));
        const std::optional<Answer> answer = client.read();
        expect_problem(answer, 500, path);
        EXPECT_EQ(answer->body.find("secret"), std::string::npos);
    }
    client.send(get("/throws-late"));
    EXPECT_EQ(client.read()->body, "fine");
    client.send(get("/lost-later"));
    ASSERT_TRUE(pending.wait_for(1));
    std::thread([&] { const http::Respond dropped = pending.take(0); }).join();
    expect_problem(client.read(), 500, "lost on another thread");
    EXPECT_EQ(server.log().size(), 5);
}

TEST(HttpServer, AnswersHeadWithoutABody) {
    TestServer server;
    server.start();
    RawClient client(server.port());
    client.send("HEAD /a HTTP/1.1\r\nHost: h\r\n\r\n");
    const std::optional<Answer> head = client.read(true);
    ASSERT_TRUE(head);
    EXPECT_EQ(head->status, 200);
    EXPECT_NE(head->header("content-length"), "0");
    client.send(get("/b"));
    EXPECT_TRUE(client.read()->body.starts_with("GET /b"));
}

TEST(HttpServer, AsksForTheBodyWhenTheClientWaitsForThat) {
    TestServer server;
    server.start();
    RawClient client(server.port());
    client.send("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
    EXPECT_EQ(client.read_interim(), 100);
    client.send("hello");
    EXPECT_TRUE(client.read()->body.starts_with("POST /a hello\n"));
    // A body that is there already needs no invitation.
    client.send(post("/b", "hello", "Expect: 100-continue\r\n"));
    EXPECT_EQ(client.read_interim(), 200);
    EXPECT_TRUE(client.read()->body.starts_with("POST /b hello\n"));
    // One that would be refused gets none.
    client.send("POST /c HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999\r\nExpect: 100-continue\r\n\r\n");
    expect_problem(client.read(), 413, "too large");
    EXPECT_TRUE(client.closed());
}

TEST(HttpServer, HoldsTheBodyLimitsExactly) {
    ServerOptions options;
    options.limits.body_bytes_max = 1000;
    options.body_bytes_max = [](const http::Request& request) -> std::size_t {
        return request.path == "/batch" ? 100'000 : 1000;
    };
    TestServer server(std::move(options));
    server.start();
    const auto chunked = [](std::string_view path, std::size_t size) {
        std::string text =
            "POST " + std::string(path) + " HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
        for (std::size_t sent = 0; sent < size; sent += 100) {
            const std::size_t piece = std::min<std::size_t>(100, size - sent);
            char line[16];
            std::snprintf(line, sizeof line, "%zx\r\n", piece);
            text += line + std::string(piece, 'b') + "\r\n";
        }
        return text + "0\r\n\r\n";
    };
    for (const auto& [path, limit] :
         {std::pair<std::string, std::size_t>{"/one", 1000}, {"/batch", 100'000}}) {
        EXPECT_EQ(server.ask(post(path, std::string(limit, 'b')))->status, 200);
        EXPECT_EQ(server.ask(chunked(path, limit))->status, 200);
        const int handled = server.handled();
        expect_problem(server.ask(post(path, std::string(limit + 1, 'b'))), 413, path);
        expect_problem(server.ask(chunked(path, limit + 1)), 413, path);
        EXPECT_EQ(server.handled(), handled);
    }
}

TEST(HttpServer, HoldsTheHeaderLimitsExactly) {
    TestServer server;
    server.start();
    const http::Limits limits;
    const auto line = [&](std::size_t size) {
        return "GET /" + std::string(size - 14, 'a') + " HTTP/1.1\r\nHost: h\r\n\r\n";
    };
    EXPECT_EQ(server.ask(line(limits.request_line_bytes_max))->status, 200);
    expect_problem(server.ask(line(limits.request_line_bytes_max + 1)), 414, "request line");
    const auto fields = [&](std::size_t size) {
        return get("/", "X: " + std::string(size - 14, 'x') + "\r\n");
    };
    EXPECT_EQ(server.ask(fields(limits.header_bytes_max))->status, 200);
    expect_problem(server.ask(fields(limits.header_bytes_max + 1)), 431, "header bytes");
    const auto many = [&](std::size_t count) {
        std::string text;
        for (std::size_t i = 1; i < count; ++i) text += "X: y\r\n";
        return get("/", text);
    };
    EXPECT_EQ(server.ask(many(limits.header_fields_max))->status, 200);
    expect_problem(server.ask(many(limits.header_fields_max + 1)), 431, "header fields");
}

TEST(HttpServer, DeliversTheRefusalWhileTheClientStillSends) {
    TestServer server;
    server.start();
    RawClient client(server.port());
    client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 8000000\r\n\r\n");
    client.send(std::string(8'000'000, 'b'));
    expect_problem(client.read(), 413, "while sending");
}

TEST(HttpServer, ForgetsAClientThatLeavesInTheMiddle) {
    TestServer server;
    Pending pending;
    server.on("/later", pending.handler());
    server.start();
    for (const std::string_view part :
         {"GET / HT", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nhel",
          "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhe"}) {
        RawClient orderly(server.port());
        orderly.send(part);
        orderly.shut_down_writing();
        EXPECT_TRUE(orderly.closed()) << part;
        RawClient rude(server.port());
        rude.send(part);
        rude.abort();
    }
    EXPECT_EQ(server.handled(), 0);
    RawClient gone(server.port());
    gone.send(get("/later"));
    ASSERT_TRUE(pending.wait_for(1));
    gone.abort();
    pending.take(0)(http::text_response(200, "too late"));
    EXPECT_EQ(server.ask(get("/"))->status, 200);
    EXPECT_TRUE(server.server().stop(kTestPatienceMs));
}

TEST(HttpServer, ClosesWhenTheClientWantsThat) {
    TestServer server;
    server.start();
    RawClient client(server.port());
    client.send(get("/a", "Connection: close\r\n"));
    EXPECT_EQ(client.read()->header("connection"), "close");
    EXPECT_TRUE(client.closed());
    RawClient old(server.port());
    old.send("GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    EXPECT_EQ(old.read()->header("connection"), "close");
    EXPECT_TRUE(old.closed());
}

TEST(HttpServer, FinishesRunningRequestsWhenItStops) {
    TestServer server;
    Pending pending;
    server.on("/later", pending.handler());
    server.start();
    RawClient idle(server.port());
    idle.send(get("/"));
    EXPECT_EQ(idle.read()->status, 200);
    RawClient silent(server.port());
    RawClient running(server.port());
    running.send(get("/later") + get("/never"));
    ASSERT_TRUE(pending.wait_for(1));
    std::thread stopper([&] { EXPECT_TRUE(server.server().stop(kTestPatienceMs)); });
    EXPECT_TRUE(idle.closed());
    EXPECT_TRUE(silent.closed());
    pending.take(0)(http::text_response(200, "done"));
    const std::optional<Answer> answer = running.read();
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->body, "done");
    EXPECT_EQ(answer->header("connection"), "close");
    EXPECT_TRUE(running.closed());
    running.abort();
    stopper.join();
    EXPECT_EQ(server.last_path(), "/later");
    EXPECT_EQ(server.server().connections(), 0);
}

TEST(HttpServer, CutsOffWhatDoesNotFinishInTime) {
    TestServer server;
    Pending pending;
    server.on("/never", pending.handler());
    server.start();
    RawClient client(server.port());
    client.send(get("/never"));
    ASSERT_TRUE(pending.wait_for(1));
    EXPECT_FALSE(server.server().stop(50));
    EXPECT_TRUE(client.closed());
    // Answers that come after the end are dropped, from whichever thread.
    pending.take(0)(http::text_response(200, "too late"));
}

TEST(HttpServer, StopsUnderLoadWithoutLosingAnAnswer) {
    TestServer server;
    server.start();
    std::atomic<int> answered = 0;
    std::vector<std::thread> clients;
    for (int i = 0; i < 8; ++i) {
        clients.emplace_back([&] {
            RawClient client(server.port());
            while (client.send(get("/"))) {
                const std::optional<Answer> answer = client.read();
                if (!answer) return;
                EXPECT_EQ(answer->status, 200);
                ++answered;
                if (answer->header("connection") == "close") return;
            }
        });
    }
    while (answered < 1000) std::this_thread::yield();
    EXPECT_TRUE(server.server().stop(kTestPatienceMs));
    for (std::thread& client : clients) client.join();
    EXPECT_EQ(server.handled(), answered);
}

TEST(HttpServer, TurnsConnectionsAwayBeyondTheCaps) {
    ServerOptions options;
    options.limits.connections_per_address_max = 2;
    TestServer server(std::move(options));
    server.start();
    auto first = std::make_unique<RawClient>(server.port());
    RawClient second(server.port());
    first->send(get("/"));
    second.send(get("/"));
    EXPECT_EQ(first->read()->status, 200);
    EXPECT_EQ(second.read()->status, 200);
    RawClient third(server.port());
    expect_problem(third.read(), 503, "third connection");
    first.reset();
    while (server.server().connections() > 1) std::this_thread::yield();
    EXPECT_EQ(server.ask(get("/"))->status, 200);
}

TEST(HttpServer, TellsWhatBecameOfEachRequest) {
    std::mutex mutex;
    std::vector<std::pair<int, std::string>> answered;
    ServerOptions options;
    options.answered = [&](const Answered& answer) {
        const std::lock_guard lock(mutex);
        answered.emplace_back(answer.status, answer.request == nullptr ? "?" : answer.request->path);
    };
    TestServer server(std::move(options));
    server.start();
    server.ask(get("/a"));
    server.ask("nonsense\r\n\r\n");
    server.server().stop(kTestPatienceMs);
    const std::vector<std::pair<int, std::string>> expected{{200, "/a"}, {400, "?"}};
    EXPECT_EQ(answered, expected);
}

TEST(HttpServer, CompressesAndMarksForOtherOrigins) {
    ServerOptions options;
    options.cors = http::CorsPolicy({"https://a.com"});
    TestServer server(std::move(options));
    server.on("/large", [](const auto&, http::Respond respond) {
        respond(http::json_response(200, std::string(5000, 'x')));
    });
    server.start();
    const std::optional<Answer> answer =
        server.ask(get("/large", "Accept-Encoding: gzip\r\nOrigin: https://a.com\r\n"));
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->header("content-encoding"), "gzip");
    EXPECT_LT(answer->body.size(), 200);
    EXPECT_EQ(answer->header("access-control-allow-origin"), "https://a.com");
}

TEST(HttpServer, SaysWhyItCannotListen) {
    TestServer server;
    server.start();
    ServerOptions taken;
    taken.port = server.port();
    HttpServer second(std::move(taken));
    EXPECT_THROW(second.start({}), std::runtime_error);
    ServerOptions wrong;
    wrong.address = "not an address";
    HttpServer third(std::move(wrong));
    EXPECT_THROW(third.start({}), std::runtime_error);
}

}  // namespace
}  // namespace annals::server
