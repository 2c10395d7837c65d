#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace annals::bench {

/// The largest answer a client takes; more than any page of a list.
inline constexpr std::size_t kAnswerBytesMax = 8 << 20;

/// Where a server listens.
struct Endpoint {
    std::string host;  ///< an IPv4 address or a name
    std::uint16_t port{0};

    /// Reads "http://HOST:PORT" with or without a path behind it. Nothing else is understood.
    static std::optional<Endpoint> parse(std::string_view url);
    [[nodiscard]] std::string authority() const { return host + ":" + std::to_string(port); }
};

struct HttpAnswer {
    int status{0};
    std::vector<std::pair<std::string, std::string>> headers{};  ///< names in lower case
    std::string body{};

    /// The first field of the name, which is in lower case; nothing when there is none.
    [[nodiscard]] std::optional<std::string_view> header(std::string_view name) const;
};

/// Why there is no answer.
enum class Lost : std::uint8_t {
    unreachable,  ///< no connection came about
    closed,       ///< the server, or drop(), ended the connection
    timed_out,
    malformed,  ///< what came is no HTTP/1.1 answer, or a larger one than we take
};
std::string_view to_string(Lost lost);

/// A request as bytes. `headers` are whole lines without their ends; Host, and Content-Length where there is
/// a body, are added.
std::string write_request(
    const Endpoint& endpoint, std::string_view method, std::string_view target,
    const std::vector<std::string>& headers, std::string_view body
);

/// A blocking HTTP/1.1 client with one kept-alive connection, which is opened when needed. It sends whatever
/// bytes it is given, so that it can also misbehave. One thread at a time.
class HttpClient {
public:
    HttpClient(Endpoint endpoint, std::chrono::milliseconds timeout);
    ~HttpClient();
    HttpClient(const HttpClient&) = delete;
    HttpClient& operator=(const HttpClient&) = delete;

    /// Sends and receives; each within the timeout. After a loss the next call opens a new connection.
    std::expected<HttpAnswer, Lost> exchange(std::string_view request);

    /// Half an exchange. False when the connection was lost; an answer may be there all the same, because a
    /// server may refuse a request before all of it came.
    bool send(std::string_view bytes);
    std::expected<HttpAnswer, Lost> receive();

    /// Closes the connection as a client does that lost its network: unread data resets it.
    void drop();

    [[nodiscard]] const Endpoint& endpoint() const { return endpoint_; }

private:
    using Deadline = std::chrono::steady_clock::time_point;

    bool connect();
    bool wait(bool for_writing, Deadline deadline);
    std::expected<void, Lost> read_more(Deadline deadline);
    std::expected<void, Lost> read_until(std::size_t bytes, Deadline deadline);
    std::expected<void, Lost> read_chunks(HttpAnswer& answer, Deadline deadline);

    Endpoint endpoint_;
    std::chrono::milliseconds timeout_;
    int socket_{-1};
    std::string buffer_;   ///< received and not yet taken
    bool no_body_{false};  ///< the last request was a HEAD
};

}  // namespace annals::bench
