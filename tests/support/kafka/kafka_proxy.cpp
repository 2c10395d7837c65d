#include "tests/support/kafka/kafka_proxy.hpp"

#include <arpa/inet.h>
#include <array>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdexcept>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

namespace annals::kafka::test {
namespace {

constexpr int kPollMs = 10;
constexpr std::size_t kChunkBytes = 1 << 16;
constexpr std::uint32_t kFrameBytesMax = 64 << 20;

sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

bool send_all(int to, const char* data, std::size_t size) {
    while (size > 0) {
        const auto sent = ::send(to, data, size, MSG_NOSIGNAL);
        if (sent <= 0) return false;
        data += sent;
        size -= static_cast<std::size_t>(sent);
    }
    return true;
}

bool receive_all(int from, char* data, std::size_t size) {
    return ::recv(from, data, size, MSG_WAITALL) == static_cast<ssize_t>(size);
}

/// How a broker writes its address: the host, then the port in four bytes.
std::string endpoint(std::uint16_t port) {
    std::string bytes = "127.0.0.1";
    bytes.append(2, '\0');
    bytes += static_cast<char>(port >> 8U);
    bytes += static_cast<char>(port & 0xFFU);
    return bytes;
}

}  // namespace

KafkaProxy::KafkaProxy(const std::string& broker)
    : broker_port_(static_cast<std::uint16_t>(std::stoul(broker.substr(broker.rfind(':') + 1)))) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address = loopback(0);
    socklen_t size = sizeof address;
    auto* const raw = reinterpret_cast<sockaddr*>(&address);
    if (::bind(listener_, raw, size) != 0 || ::listen(listener_, SOMAXCONN) != 0 ||
        ::getsockname(listener_, raw, &size) != 0) {
        throw std::runtime_error("the proxy cannot listen");
    }
    port_ = ntohs(address.sin_port);
    acceptor_ = std::jthread([this] { accept_all(); });
}

KafkaProxy::~KafkaProxy() {
    stopping_ = true;
    acceptor_.join();
    links_.clear();  // joins
    ::close(listener_);
}

void KafkaProxy::accept_all() {
    while (!stopping_) {
        pollfd wait{listener_, POLLIN, 0};
        if (::poll(&wait, 1, kPollMs) != 1) continue;
        const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
        if (client < 0) continue;
        const std::scoped_lock lock(mutex_);
        links_.emplace_back([this, client] { serve(client); });
    }
}

void KafkaProxy::serve(int client) const {
    const int upstream = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_in address = loopback(broker_port_);
    bool open = ::connect(upstream, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    const int at_once = 1;
    for (const int socket : {client, upstream}) {
        ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &at_once, sizeof at_once);
    }
    std::vector<char> chunk(kChunkBytes);
    while (open && !stopping_) {
        std::array<pollfd, 2> wait{{{client, POLLIN, 0}, {upstream, POLLIN, 0}}};
        // Nothing is read while swallowing, so that all of it is there when the network is.
        if (swallowing_) {
            ::poll(nullptr, 0, kPollMs);
            continue;
        }
        if (::poll(wait.data(), wait.size(), kPollMs) <= 0) continue;
        if (wait[0].revents != 0) {
            const auto got = ::recv(client, chunk.data(), chunk.size(), 0);
            open = got > 0 && send_all(upstream, chunk.data(), static_cast<std::size_t>(got));
        }
        if (open && wait[1].revents != 0) open = forward_answer(upstream, client);
    }
    ::close(upstream);
    ::close(client);
}

bool KafkaProxy::forward_answer(int upstream, int client) const {
    std::array<char, 4> prefix{};
    if (!receive_all(upstream, prefix.data(), prefix.size())) return false;
    std::uint32_t size = 0;
    for (const char byte : prefix) size = (size << 8U) | static_cast<unsigned char>(byte);
    if (size > kFrameBytesMax) return false;
    std::string frame(size, '\0');
    if (!receive_all(upstream, frame.data(), frame.size())) return false;
    const std::string from = endpoint(broker_port_);
    const std::string to = endpoint(port_);
    for (auto at = frame.find(from); at != std::string::npos; at = frame.find(from, at)) {
        frame.replace(at, from.size(), to);
    }
    return send_all(client, prefix.data(), prefix.size()) && send_all(client, frame.data(), frame.size());
}

}  // namespace annals::kafka::test
