#pragma once

#include "infra/bench/http_client.hpp"

#include <array>
#include <atomic>
#include <bit>
#include <cstdint>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <string>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

namespace annals::bench {

/// Gives one prepared answer after another to the heads of requests that come, and accepts nothing after the
/// last one; a client can connect all the same while it lives.
class CannedServer {
public:
    enum class Connections : std::uint8_t {
        one_each,  ///< closes after each answer; an empty one closes at once
        one,       ///< all answers on the first connection, closed after the last one
    };
    explicit CannedServer(std::vector<std::string> answers, Connections connections = Connections::one_each)
        : listening_(::socket(AF_INET, SOCK_STREAM, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        EXPECT_EQ(::bind(listening_, std::bit_cast<sockaddr*>(&address), size), 0);
        EXPECT_EQ(::listen(listening_, 8), 0);
        EXPECT_EQ(::getsockname(listening_, std::bit_cast<sockaddr*>(&address), &size), 0);
        port_ = ntohs(address.sin_port);
        thread_ =
            std::jthread([this, connections, answers = std::move(answers)] { serve(answers, connections); });
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
    void serve(const std::vector<std::string>& answers, Connections connections) {
        int peer = -1;
        for (const std::string& answer : answers) {
            if (peer < 0) peer = ::accept(listening_, nullptr, nullptr);
            if (peer < 0) return;
            receive_head(peer);
            ++requests_;
            // Byte by byte, so that the client has to put pieces together.
            for (const char& byte : answer) (void)::send(peer, &byte, 1, MSG_NOSIGNAL);
            if (connections == Connections::one_each) ::close(std::exchange(peer, -1));
        }
        if (peer >= 0) ::close(peer);
    }

    static void receive_head(int peer) {
        std::string received;
        std::array<char, 4096> bytes{};
        while (received.find("\r\n\r\n") == std::string::npos) {
            const ssize_t got = ::recv(peer, bytes.data(), bytes.size(), 0);
            if (got <= 0) break;
            received.append(bytes.data(), static_cast<std::size_t>(got));
        }
    }

    int listening_;
    std::uint16_t port_{0};
    std::atomic<int> requests_{0};
    std::jthread thread_;
};

}  // namespace annals::bench
