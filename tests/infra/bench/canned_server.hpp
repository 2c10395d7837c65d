#pragma once

#include "infra/bench/http_client.hpp"

#include <array>
#include <atomic>
#include <bit>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <string>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace annals::bench {

/// Gives one prepared answer after another, each on a connection of its own, which it then closes. An empty
/// answer closes at once. Ends after the last one.
class CannedServer {
public:
    explicit CannedServer(std::vector<std::string> answers) : listening_(::socket(AF_INET, SOCK_STREAM, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        EXPECT_EQ(::bind(listening_, std::bit_cast<sockaddr*>(&address), size), 0);
        EXPECT_EQ(::listen(listening_, 8), 0);
        EXPECT_EQ(::getsockname(listening_, std::bit_cast<sockaddr*>(&address), &size), 0);
        port_ = ntohs(address.sin_port);
        thread_ = std::jthread([this, answers = std::move(answers)] {
            for (const std::string& answer : answers) serve(answer);
        });
    }
    ~CannedServer() {
        ::shutdown(listening_, SHUT_RDWR);
        thread_ = {};
        ::close(listening_);
    }
    CannedServer(const CannedServer&) = delete;
    CannedServer& operator=(const CannedServer&) = delete;

    [[nodiscard]] Endpoint endpoint() const { return {"127.0.0.1", port_}; }
    /// Requests that came.
    [[nodiscard]] int requests() const { return requests_; }

private:
    void serve(const std::string& answer) {
        const int peer = ::accept(listening_, nullptr, nullptr);
        if (peer < 0) return;
        std::string received;
        std::array<char, 4096> bytes{};
        while (received.find("\r\n\r\n") == std::string::npos) {
            const ssize_t got = ::recv(peer, bytes.data(), bytes.size(), 0);
            if (got <= 0) break;
            received.append(bytes.data(), static_cast<std::size_t>(got));
        }
        ++requests_;
        (void)::send(peer, answer.data(), answer.size(), MSG_NOSIGNAL);
        ::close(peer);
    }

    int listening_;
    std::uint16_t port_{0};
    std::atomic<int> requests_{0};
    std::jthread thread_;
};

}  // namespace annals::bench
