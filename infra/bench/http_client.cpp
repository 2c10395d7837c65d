#include "infra/bench/http_client.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace annals::bench {
namespace {

constexpr std::size_t kReadBytes = 64 * 1024;
constexpr std::size_t kHeaderBytesMax = 64 * 1024;
constexpr std::string_view kScheme = "http://";

std::string lower(std::string_view text) {
    std::string out(text);
    for (char& c : out) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return out;
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

template <class Number>
std::optional<Number> number(std::string_view text, int base = 10) {
    Number value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

/// The status line and the fields; nothing when it is no HTTP/1.1.
std::optional<HttpAnswer> parse_head(std::string_view head) {
    if (!head.starts_with("HTTP/1.1 ") || head.size() < 12) return std::nullopt;
    HttpAnswer answer;
    const auto status = number<int>(head.substr(9, 3));
    if (!status) return std::nullopt;
    answer.status = *status;
    auto end = head.find("\r\n");
    while (end != std::string_view::npos && end + 2 < head.size()) {
        head.remove_prefix(end + 2);
        end = head.find("\r\n");
        const std::string_view line = head.substr(0, end);
        const auto colon = line.find(':');
        if (colon == std::string_view::npos) return std::nullopt;
        answer.headers.emplace_back(lower(line.substr(0, colon)), trimmed(line.substr(colon + 1)));
    }
    return answer;
}

int open_socket(const Endpoint& endpoint) {
    addrinfo wanted{};
    wanted.ai_family = AF_INET;
    wanted.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (getaddrinfo(endpoint.host.c_str(), std::to_string(endpoint.port).c_str(), &wanted, &found) != 0) {
        return -1;
    }
    const int opened = ::socket(found->ai_family, found->ai_socktype | SOCK_CLOEXEC, 0);
    const bool connected = opened >= 0 && ::connect(opened, found->ai_addr, found->ai_addrlen) == 0;
    freeaddrinfo(found);
    if (connected) {
        const int on = 1;
        setsockopt(opened, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        return opened;
    }
    if (opened >= 0) ::close(opened);
    return -1;
}

}  // namespace

std::optional<Endpoint> Endpoint::parse(std::string_view url) {
    if (!url.starts_with(kScheme)) return std::nullopt;
    url.remove_prefix(kScheme.size());
    url = url.substr(0, url.find('/'));
    const auto colon = url.rfind(':');
    if (colon == std::string_view::npos || colon == 0) return std::nullopt;
    const auto port = number<std::uint16_t>(url.substr(colon + 1));
    if (!port || *port == 0) return std::nullopt;
    return Endpoint{std::string(url.substr(0, colon)), *port};
}

std::optional<std::string_view> HttpAnswer::header(std::string_view name) const {
    const auto found =
        std::ranges::find(headers, name, [](const auto& field) -> std::string_view { return field.first; });
    if (found == headers.end()) return std::nullopt;
    return found->second;
}

std::string_view to_string(Lost lost) {
    static constexpr std::array<std::string_view, 4> kNames{
        "unreachable", "closed", "timed out", "malformed answer"
    };
    return kNames[static_cast<std::size_t>(lost)];
}

std::string write_request(
    const Endpoint& endpoint, std::string_view method, std::string_view target,
    const std::vector<std::string>& headers, std::string_view body
) {
    std::string request(method);
    request.append(" ").append(target).append(" HTTP/1.1\r\nHost: ").append(endpoint.authority());
    request += "\r\n";
    for (const std::string& line : headers) request.append(line).append("\r\n");
    if (!body.empty()) request.append("Content-Length: ").append(std::to_string(body.size())).append("\r\n");
    request.append("\r\n").append(body);
    return request;
}

HttpClient::HttpClient(Endpoint endpoint, std::chrono::milliseconds timeout)
    : endpoint_(std::move(endpoint)), timeout_(timeout) {}

HttpClient::~HttpClient() {
    drop();
}

std::expected<HttpAnswer, Lost> HttpClient::exchange(std::string_view request) {
    if (!send(request) && socket_ < 0) return std::unexpected(Lost::unreachable);
    return receive();
}

bool HttpClient::send(std::string_view bytes) {
    no_body_ = bytes.starts_with("HEAD ");
    if (socket_ < 0 && !connect()) return false;
    const Deadline deadline = std::chrono::steady_clock::now() + timeout_;
    while (!bytes.empty()) {
        const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent > 0) {
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            if (!wait(true, deadline)) return false;
        } else if (errno != EINTR) {
            return false;
        }
    }
    return true;
}

std::expected<HttpAnswer, Lost> HttpClient::receive() {
    if (socket_ < 0) return std::unexpected(Lost::closed);
    const Deadline deadline = std::chrono::steady_clock::now() + timeout_;
    const auto fail = [this](Lost lost) {
        drop();
        return std::unexpected(lost);
    };
    std::size_t head_end = 0;
    while ((head_end = buffer_.find("\r\n\r\n")) == std::string::npos) {
        if (buffer_.size() > kHeaderBytesMax) return fail(Lost::malformed);
        if (auto more = read_more(deadline); !more) return fail(more.error());
    }
    auto answer = parse_head(std::string_view(buffer_).substr(0, head_end + 2));
    if (!answer) return fail(Lost::malformed);
    buffer_.erase(0, head_end + 4);
    if (answer->header("transfer-encoding")) {
        if (auto read = read_chunks(*answer, deadline); !read) return fail(read.error());
    } else if (answer->status != 204 && answer->status != 304 && !no_body_) {
        const auto length = number<std::size_t>(answer->header("content-length").value_or(""));
        if (!length || *length > kAnswerBytesMax) return fail(Lost::malformed);
        if (auto read = read_until(*length, deadline); !read) return fail(read.error());
        answer->body = buffer_.substr(0, *length);
        buffer_.erase(0, *length);
    }
    if (lower(answer->header("connection").value_or("")) == "close") drop();
    return std::move(*answer);
}

void HttpClient::drop() {
    if (socket_ >= 0) ::close(socket_);
    socket_ = -1;
    buffer_.clear();
}

bool HttpClient::connect() {
    drop();
    socket_ = open_socket(endpoint_);
    return socket_ >= 0;
}

bool HttpClient::wait(bool for_writing, Deadline deadline) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0) return false;
    pollfd watched{socket_, static_cast<short>(for_writing ? POLLOUT : POLLIN), 0};
    return ::poll(&watched, 1, static_cast<int>(left.count())) > 0;
}

std::expected<void, Lost> HttpClient::read_more(Deadline deadline) {
    std::array<char, kReadBytes> bytes;
    while (true) {
        const ssize_t got = ::recv(socket_, bytes.data(), bytes.size(), MSG_DONTWAIT);
        if (got > 0) {
            buffer_.append(bytes.data(), static_cast<std::size_t>(got));
            return {};
        }
        if (got == 0) return std::unexpected(Lost::closed);
        if (errno == EINTR) continue;
        if (errno != EAGAIN && errno != EWOULDBLOCK) return std::unexpected(Lost::closed);
        if (!wait(false, deadline)) return std::unexpected(Lost::timed_out);
    }
}

std::expected<void, Lost> HttpClient::read_until(std::size_t bytes, Deadline deadline) {
    while (buffer_.size() < bytes) {
        if (auto more = read_more(deadline); !more) return more;
    }
    return {};
}

std::expected<void, Lost> HttpClient::read_chunks(HttpAnswer& answer, Deadline deadline) {
    while (true) {
        std::size_t line_end = 0;
        while ((line_end = buffer_.find("\r\n")) == std::string::npos) {
            if (auto more = read_more(deadline); !more) return more;
        }
        const std::string_view line = std::string_view(buffer_).substr(0, line_end);
        const auto size = number<std::size_t>(trimmed(line.substr(0, line.find(';'))), 16);
        if (!size || answer.body.size() + *size > kAnswerBytesMax) return std::unexpected(Lost::malformed);
        buffer_.erase(0, line_end + 2);
        if (auto read = read_until(*size + 2, deadline); !read) return read;
        answer.body.append(buffer_, 0, *size);
        buffer_.erase(0, *size + 2);
        if (*size == 0) return {};
    }
}

}  // namespace annals::bench
