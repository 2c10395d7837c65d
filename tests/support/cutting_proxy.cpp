#include "tests/support/cutting_proxy.hpp"

#include "infra/postgres/dsn.hpp"

#include <array>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <netdb.h>
#include <poll.h>
#include <stdexcept>
#include <string_view>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <utility>

namespace annals::test {
namespace {

using namespace std::string_view_literals;

constexpr std::size_t kChunk = 1 << 20;
constexpr int kPollMs = 50;
constexpr std::string_view kAppendNamed = "\0append\0"sv;  // the portal's empty name, then the statement's
constexpr std::string_view kSync = "S\0\0\0\4"sv;
constexpr std::string_view kReady = "Z\0\0\0\5"sv;  // and one byte of transaction status

sockaddr_un socket_at(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path)
        throw std::runtime_error("the socket's path is too long: " + path);
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    return address;
}
const sockaddr* any(const sockaddr_un& address) {
    return static_cast<const sockaddr*>(static_cast<const void*>(&address));
}

bool send_all(int to, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t sent = ::send(to, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
}

}  // namespace

/// One connection of a client and the one to the server that belongs to it.
struct CuttingProxy::Link {
    int client{-1};
    int server{-1};
    bool in_append{false};  ///< the armed cut belongs to this link
    Cut cut{Cut::none};
    std::size_t answer_left{0};
    std::string held;
    std::string buffer = std::string(kChunk, '\0');
    std::thread thread;

    void close_client() {
        if (client >= 0) ::close(client);
        client = -1;
    }
    ~Link() {
        close_client();
        if (server >= 0) ::close(server);
    }
    /// Nothing at the end of the stream.
    std::string_view read(int from) {
        const ssize_t got = ::recv(from, buffer.data(), buffer.size(), 0);
        return std::string_view(buffer).substr(0, got > 0 ? static_cast<std::size_t>(got) : 0);
    }
};

CuttingProxy::CuttingProxy(const std::string& dsn)
    : host_(pg::dsn_value(dsn, "host")), port_(pg::dsn_value(dsn, "port")) {
    if (port_.empty()) port_ = "5432";
    std::string folder = "/tmp/annals-proxy-XXXXXX";
    if (::mkdtemp(folder.data()) == nullptr) throw std::runtime_error("no folder for the proxy's socket");
    folder_ = folder;
    listener_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_un address = socket_at(folder_ + "/.s.PGSQL.5432");
    if (::bind(listener_, any(address), sizeof address) != 0 || ::listen(listener_, 64) != 0) {
        throw std::runtime_error("the proxy cannot listen");
    }
    acceptor_ = std::thread([this] { accept_all(); });
}

CuttingProxy::~CuttingProxy() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
        late_released_ = true;
    }
    changed_.notify_all();
    acceptor_.join();
    for (const auto& link : links_) link->thread.join();
    ::close(listener_);
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
}

std::string CuttingProxy::by_way(const std::string& dsn) const {
    return pg::dsn_with(pg::dsn_with(dsn, "host", folder_), "port", "5432");
}

void CuttingProxy::arm(Cut cut, std::size_t answer_bytes) {
    const std::lock_guard lock(mutex_);
    armed_ = cut;
    answer_bytes_ = answer_bytes;
    late_released_ = false;
}

CuttingProxy::Cut CuttingProxy::disarm() {
    const std::lock_guard lock(mutex_);
    return std::exchange(armed_, Cut::none);
}

void CuttingProxy::release_late() {
    std::unique_lock lock(mutex_);
    late_released_ = true;
    changed_.notify_all();
    changed_.wait(lock, [this] { return late_waiting_ == 0; });
}

int CuttingProxy::connect_upstream() const {
    if (host_.starts_with('/')) {
        const int server = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        const sockaddr_un address = socket_at(host_ + "/.s.PGSQL." + port_);
        if (::connect(server, any(address), sizeof address) == 0) return server;
        ::close(server);
        return -1;
    }
    addrinfo* found = nullptr;
    if (::getaddrinfo(host_.c_str(), port_.c_str(), nullptr, &found) != 0) return -1;
    const int server = ::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const bool connected = ::connect(server, found->ai_addr, found->ai_addrlen) == 0;
    ::freeaddrinfo(found);
    if (connected) return server;
    ::close(server);
    return -1;
}

void CuttingProxy::accept_all() {
    while (true) {
        pollfd waiting{listener_, POLLIN, 0};
        const int ready = ::poll(&waiting, 1, kPollMs);
        const std::lock_guard lock(mutex_);
        if (stopping_) return;
        if (ready <= 0) continue;
        auto link = std::make_unique<Link>();
        link->client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
        link->server = connect_upstream();
        if (link->client < 0 || link->server < 0) continue;
        Link& served = *links_.emplace_back(std::move(link));
        served.thread = std::thread([this, &served] { serve(served); });
    }
}

void CuttingProxy::serve(Link& link) {
    bool open = true;
    while (open) {
        std::array<pollfd, 2> ends{{{link.client, POLLIN, 0}, {link.server, POLLIN, 0}}};
        ::poll(ends.data(), ends.size(), kPollMs);
        {
            const std::lock_guard lock(mutex_);
            if (stopping_) break;
        }
        if (ends[0].revents != 0) open = forward_request(link);
        if (open && ends[1].revents != 0) open = forward_answer(link);
    }
    link.close_client();
    ::shutdown(link.server, SHUT_RDWR);
    ::close(std::exchange(link.server, -1));
}

/// False when the link is over.
bool CuttingProxy::forward_request(Link& link) {
    const std::string_view bytes = link.read(link.client);
    if (bytes.empty()) return false;
    if (!link.in_append && bytes.find(kAppendNamed) != std::string_view::npos) {
        const std::lock_guard lock(mutex_);
        link.cut = std::exchange(armed_, Cut::none);
        link.in_append = link.cut != Cut::none;
        link.answer_left = answer_bytes_;
        if (link.cut == Cut::late_append) ++late_waiting_;
    }
    if (!link.in_append) return send_all(link.server, bytes);
    if (link.cut == Cut::before_append) {
        ++cuts_;
        return false;
    }
    const bool complete = bytes.ends_with(kSync);
    if (link.cut == Cut::late_append) {
        link.held += bytes;
        if (!complete) return true;
        ++cuts_;
        link.close_client();
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return late_released_; });
        lock.unlock();
        send_all(link.server, link.held);
        (void)link.read(link.server);  // the answer: PostgreSQL is done with it
        lock.lock();
        --late_waiting_;
        changed_.notify_all();
        return false;
    }
    if (!send_all(link.server, bytes)) return false;
    if (!complete || link.cut != Cut::after_append) return true;
    ++cuts_;
    return false;
}

/// False when the link is over.
bool CuttingProxy::forward_answer(Link& link) {
    const std::string_view bytes = link.read(link.server);
    if (bytes.empty()) return false;
    if (!link.in_append) return send_all(link.client, bytes);
    if (bytes.size() > link.answer_left) {
        send_all(link.client, bytes.substr(0, link.answer_left));
        ++cuts_;
        return false;
    }
    link.answer_left -= bytes.size();
    const bool complete =
        bytes.size() > kReady.size() && bytes.substr(bytes.size() - kReady.size() - 1).starts_with(kReady);
    if (complete) link.in_append = false;
    return send_all(link.client, bytes);
}

}  // namespace annals::test
