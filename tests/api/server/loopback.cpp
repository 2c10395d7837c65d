#include "tests/api/server/loopback.hpp"

#include "api/http/ascii.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <chrono>
#include <cstring>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace annals::server {

RawClient::RawClient(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0)
        << std::strerror(errno);
}

RawClient::~RawClient() {
    if (socket_ >= 0) ::close(socket_);
}

bool RawClient::send(std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent < 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
}

bool RawClient::readable_within(int timeout_ms) {
    pollfd waiting{socket_, POLLIN, 0};
    return ::poll(&waiting, 1, timeout_ms) > 0;
}

bool RawClient::fill() {
    if (!readable_within(kTestPatienceMs)) {
        ADD_FAILURE() << "the server neither answered nor closed";
        return false;
    }
    std::array<char, 65536> bytes;
    const ssize_t got = ::recv(socket_, bytes.data(), bytes.size(), 0);
    if (got <= 0) return false;
    received_.append(bytes.data(), static_cast<std::size_t>(got));
    return true;
}

int RawClient::read_interim() {
    while (received_.find("\r\n\r\n") == std::string::npos) {
        if (!fill()) return 0;
    }
    const int status = std::stoi(received_.substr(9, 3));
    if (status < 200) received_.erase(0, received_.find("\r\n\r\n") + 4);
    return status;
}

std::optional<Answer> RawClient::read(bool to_head) {
    while (received_.find("\r\n\r\n") == std::string::npos) {
        if (!fill()) return std::nullopt;
    }
    const std::size_t end = received_.find("\r\n\r\n");
    Answer answer;
    answer.status = std::stoi(received_.substr(9, 3));
    std::string_view rest = std::string_view(received_).substr(0, end + 2);
    rest.remove_prefix(rest.find("\r\n") + 2);
    while (!rest.empty()) {
        const std::string_view line = rest.substr(0, rest.find("\r\n"));
        rest.remove_prefix(line.size() + 2);
        std::string name(line.substr(0, line.find(':')));
        std::ranges::transform(name, name.begin(), http::lower);
        answer.headers.emplace(name, http::trim(line.substr(line.find(':') + 1)));
    }
    received_.erase(0, end + 4);
    const std::string length = answer.header("content-length");
    if (to_head || length.empty()) return answer;
    while (received_.size() < std::stoul(length)) {
        if (!fill()) return std::nullopt;
    }
    answer.body = received_.substr(0, std::stoul(length));
    received_.erase(0, answer.body.size());
    return answer;
}

bool RawClient::closed() {
    return received_.empty() && !fill() && !testing::Test::HasFailure();
}

void RawClient::abort() {
    const linger reset{1, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    ::close(socket_);
    socket_ = -1;
}

void RawClient::shut_down_writing() {
    ::shutdown(socket_, SHUT_WR);
}

void RawClient::shrink_receive_buffer() {
    const int size = 2048;
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
}

TestServer::TestServer(ServerOptions options) {
    options.io_threads = 2;
    options.log = [this](std::string_view code, std::string_view message) {
        const std::lock_guard lock(mutex_);
        log_.push_back(std::string(code) + " " + std::string(message));
    };
    server_ = std::make_unique<HttpServer>(std::move(options));
}

void TestServer::start() {
    server_->start([this](const std::shared_ptr<http::Request>& request, http::Respond respond) {
        handle(request, std::move(respond));
    });
}

void TestServer::handle(const std::shared_ptr<http::Request>& request, http::Respond respond) {
    {
        const std::lock_guard lock(mutex_);
        last_path_ = request->path;
    }
    ++handled_;
    if (const auto found = handlers_.find(request->path); found != handlers_.end()) {
        found->second(request, std::move(respond));
        return;
    }
    std::string text =
        std::string(http::to_string(request->method)) + " " + request->path + " " + request->body + "\n";
    for (std::size_t i = 0; i < request->headers.size(); ++i) {
        text.append(request->headers[i].name).append(": ").append(request->headers[i].value).append("\n");
    }
    respond(http::text_response(200, std::move(text)));
}

std::string TestServer::last_path() {
    const std::lock_guard lock(mutex_);
    return last_path_;
}

std::vector<std::string> TestServer::log() {
    const std::lock_guard lock(mutex_);
    return log_;
}

std::optional<Answer> TestServer::ask(std::string_view bytes) {
    RawClient client(port());
    client.send(bytes);
    return client.read();
}

http::Handler Pending::handler() {
    return [this](const std::shared_ptr<http::Request>&, http::Respond respond) {
        const std::lock_guard lock(mutex_);
        responds_.push_back(std::move(respond));
        arrived_.notify_all();
    };
}

bool Pending::wait_for(std::size_t count) {
    std::unique_lock lock(mutex_);
    return arrived_.wait_for(lock, std::chrono::milliseconds(kTestPatienceMs), [&] {
        return responds_.size() >= count;
    });
}

http::Respond Pending::take(std::size_t index) {
    const std::lock_guard lock(mutex_);
    http::Respond respond = std::move(responds_[index]);
    responds_.erase(responds_.begin() + static_cast<std::ptrdiff_t>(index));
    return respond;
}

std::string get(std::string_view path, std::string_view more_headers) {
    return "GET " + std::string(path) + " HTTP/1.1\r\nHost: h\r\n" + std::string(more_headers) + "\r\n";
}

std::string post(std::string_view path, std::string_view body, std::string_view more_headers) {
    return "POST " + std::string(path) +
           " HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
           std::string(more_headers) + "\r\n" + std::string(body);
}

void expect_security_headers(const Answer& answer, std::string_view what) {
    const std::map<std::string, std::string> expected{
        {"strict-transport-security", "max-age=31536000; includeSubDomains"},
        {"x-content-type-options", "nosniff"},
        {"referrer-policy", "no-referrer"},
        {"cross-origin-resource-policy", "same-origin"},
        {"content-security-policy",
         "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; object-src 'none'"},
        {"cache-control", "no-store"},
    };
    for (const auto& [name, value] : expected) {
        EXPECT_EQ(answer.headers.count(name), 1) << name << " of " << what;
        EXPECT_EQ(answer.header(name), value) << what;
    }
    EXPECT_EQ(answer.headers.count("date"), 1) << what;
    EXPECT_EQ(answer.headers.count("x-request-id"), 1) << what;
    EXPECT_EQ(answer.headers.count("server"), 0) << what;
}

void expect_problem(const std::optional<Answer>& answer, int status, std::string_view what) {
    ASSERT_TRUE(answer) << what;
    EXPECT_EQ(answer->status, status) << what << "\n" << answer->body;
    EXPECT_EQ(answer->header("content-type"), "application/problem+json") << what;
    const std::string status_member = "\"status\":" + std::to_string(status);
    const std::string instance = "\"instance\":\"urn:uuid:" + answer->header("x-request-id") + "\"";
    for (const std::string& member : {std::string("{\"type\":\"/docs/problems/"), status_member, instance}) {
        EXPECT_NE(answer->body.find(member), std::string::npos) << what << "\n" << answer->body;
    }
    expect_security_headers(*answer, what);
}

}  // namespace annals::server
