#include "infra/bench/http_client.hpp"

#include "tests/infra/bench/canned_server.hpp"

#include <gtest/gtest.h>
#include <optional>
#include <string>
#include <vector>

namespace annals::bench {
namespace {

constexpr std::chrono::milliseconds kWait{2'000};

std::string get(const Endpoint& endpoint) {
    return write_request(endpoint, "GET", "/", {}, "");
}

TEST(HttpClient, ReadsWhereAServerListens) {
    const auto endpoint = Endpoint::parse("http://127.0.0.1:8080/api/v1");
    ASSERT_TRUE(endpoint);
    EXPECT_EQ(endpoint->host, "127.0.0.1");
    EXPECT_EQ(endpoint->port, 8080);
    for (const auto* url :
         {"https://127.0.0.1:1", "http://127.0.0.1", "http://:80", "http://h:0", "http://h:70000"}) {
        EXPECT_FALSE(Endpoint::parse(url)) << url;
    }
}

TEST(HttpClient, WritesARequestWithItsLength) {
    EXPECT_EQ(
        write_request({"h", 80}, "POST", "/x", {"A: b"}, "12"),
        "POST /x HTTP/1.1\r\nHost: h:80\r\nA: b\r\nContent-Length: 2\r\n\r\n12"
    );
}

TEST(HttpClient, KeepsTheConnectionForTheNextRequest) {
    const CannedServer server(
        {
            "HTTP/1.1 200 OK\r\nETag: \"7\"\r\nContent-Length: 5\r\n\r\nfirst",
            "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n",
        },
        CannedServer::Connections::one
    );
    HttpClient client(server.endpoint(), kWait);
    const auto first = client.exchange(get(server.endpoint()));
    ASSERT_TRUE(first);
    EXPECT_EQ(first->status, 200);
    EXPECT_EQ(first->body, "first");
    EXPECT_EQ(first->header("etag"), "\"7\"");
    const auto second = client.exchange(get(server.endpoint()));
    ASSERT_TRUE(second);
    EXPECT_EQ(second->status, 404);
}

TEST(HttpClient, PutsChunksTogether) {
    const CannedServer server(
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nA;x=y\r\n0123456789\r\n0\r\n\r\n"}
    );
    HttpClient client(server.endpoint(), kWait);
    const auto answer = client.exchange(get(server.endpoint()));
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->body, "abc0123456789");
}

TEST(HttpClient, TellsHowAnAnswerWasLost) {
    const CannedServer cut({"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"});
    EXPECT_EQ(HttpClient(cut.endpoint(), kWait).exchange(get(cut.endpoint())).error(), Lost::closed);

    const CannedServer other({"SSH-2.0-OpenSSH\r\n\r\n"});
    EXPECT_EQ(HttpClient(other.endpoint(), kWait).exchange(get(other.endpoint())).error(), Lost::malformed);

    const CannedServer huge({"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n"});
    EXPECT_EQ(HttpClient(huge.endpoint(), kWait).exchange(get(huge.endpoint())).error(), Lost::malformed);
}

TEST(HttpClient, DoesNotWaitForEver) {
    std::optional<CannedServer> silent(std::in_place, std::vector<std::string>{});
    const Endpoint endpoint = silent->endpoint();
    EXPECT_EQ(
        HttpClient(endpoint, std::chrono::milliseconds(50)).exchange(get(endpoint)).error(), Lost::timed_out
    );
    silent.reset();
    EXPECT_EQ(HttpClient(endpoint, kWait).exchange(get(endpoint)).error(), Lost::unreachable);
}

}  // namespace
}  // namespace annals::bench
