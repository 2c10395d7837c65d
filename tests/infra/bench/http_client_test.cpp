#include "infra/bench/http_client.hpp"

#include <array>
#include <bit>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <string>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

namespace annals::bench {
namespace {

constexpr std::chrono::milliseconds kWait{2'000};

/// Takes one connection; sends each answer after a request's head has come, then closes.
class OneConnection {
public:
    explicit OneConnection(std::vector<std::string> answers) : listening_(::socket(AF_INET, SOCK_STREAM, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        EXPECT_EQ(::bind(listening_, std::bit_cast<sockaddr*>(&address), size), 0);
        EXPECT_EQ(::listen(listening_, 1), 0);
        EXPECT_EQ(::getsockname(listening_, std::bit_cast<sockaddr*>(&address), &size), 0);
        port_ = ntohs(address.sin_port);
        thread_ = std::jthread([this, answers = std::move(answers)] { serve(answers); });
    }
    ~OneConnection() {
        thread_ = {};
        ::close(listening_);
    }
    OneConnection(const OneConnection&) = delete;
    OneConnection& operator=(const OneConnection&) = delete;

    [[nodiscard]] Endpoint endpoint() const { return {"127.0.0.1", port_}; }

private:
    void serve(const std::vector<std::string>& answers) const {
        const int peer = ::accept(listening_, nullptr, nullptr);
        std::string received;
        for (const std::string& answer : answers) {
            std::array<char, 4096> bytes{};
            while (received.find("\r\n\r\n") == std::string::npos) {
                const ssize_t got = ::recv(peer, bytes.data(), bytes.size(), 0);
                if (got <= 0) break;
                received.append(bytes.data(), static_cast<std::size_t>(got));
            }
            received.clear();
            // Byte by byte, so that the client has to put pieces together.
            for (const char& byte : answer) (void)::send(peer, &byte, 1, MSG_NOSIGNAL);
        }
        ::close(peer);
    }

    int listening_;
    std::uint16_t port_{0};
    std::jthread thread_;
};

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
    const OneConnection server({
        "HTTP/1.1 200 OK\r\nETag: \"7\"\r\nContent-Length: 5\r\n\r\nfirst",
        "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n",
    });
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
    const OneConnection server(
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nA;x=y\r\n0123456789\r\n0\r\n\r\n"}
    );
    HttpClient client(server.endpoint(), kWait);
    const auto answer = client.exchange(get(server.endpoint()));
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->body, "abc0123456789");
}

TEST(HttpClient, TellsHowAnAnswerWasLost) {
    const OneConnection cut({"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"});
    EXPECT_EQ(HttpClient(cut.endpoint(), kWait).exchange(get(cut.endpoint())).error(), Lost::closed);

    const OneConnection other({"SSH-2.0-OpenSSH\r\n\r\n"});
    EXPECT_EQ(HttpClient(other.endpoint(), kWait).exchange(get(other.endpoint())).error(), Lost::malformed);

    const OneConnection huge({"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n"});
    EXPECT_EQ(HttpClient(huge.endpoint(), kWait).exchange(get(huge.endpoint())).error(), Lost::malformed);
}

TEST(HttpClient, DoesNotWaitForEver) {
    const int silent = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    ASSERT_EQ(::bind(silent, std::bit_cast<sockaddr*>(&address), size), 0);
    ASSERT_EQ(::listen(silent, 1), 0);
    ASSERT_EQ(::getsockname(silent, std::bit_cast<sockaddr*>(&address), &size), 0);
    const Endpoint endpoint{"127.0.0.1", ntohs(address.sin_port)};
    EXPECT_EQ(
        HttpClient(endpoint, std::chrono::milliseconds(50)).exchange(get(endpoint)).error(), Lost::timed_out
    );
    ::close(silent);
    EXPECT_EQ(HttpClient(endpoint, kWait).exchange(get(endpoint)).error(), Lost::unreachable);
}

}  // namespace
}  // namespace annals::bench
