#pragma once

#include "api/server/http_server.hpp"

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace annals::server {

inline constexpr int kTestPatienceMs = 10'000;  ///< Nothing here takes that long unless it hangs.

/// One answer as it came over the wire.
struct Answer {
    int status = 0;
    std::multimap<std::string, std::string> headers;  ///< Names in lower case.
    std::string body;

    std::string header(const std::string& name) const {
        const auto found = headers.find(name);
        return found == headers.end() ? std::string() : found->second;
    }
};

/// A client that writes exactly the bytes it is told to, over a real socket.
class RawClient {
public:
    explicit RawClient(std::uint16_t port);
    ~RawClient();
    RawClient(const RawClient&) = delete;
    RawClient& operator=(const RawClient&) = delete;

    /// False when the server has closed the connection.
    bool send(std::string_view bytes);
    /// The next answer; nothing when the connection ended first. `to_head` expects no body whatever its
    /// length says.
    std::optional<Answer> read(bool to_head = false);
    /// The interim or final status line's code without reading on; 0 at the end.
    int read_interim();
    /// True as soon as the server has answered or closed; false when it does neither in that time.
    bool readable_within(int timeout_ms);
    /// Waits for the server to close; false when it did not, or sent more.
    bool closed();
    /// Ends with a reset instead of an orderly close.
    void abort();
    void shut_down_writing();
    /// The kernel takes no more than this from the server before it has to wait.
    void shrink_receive_buffer();

private:
    bool fill();

    int socket_ = -1;
    std::string received_;
};

/// A server on a loopback port whose handler is made of paths; every path not listed answers 200 with a
/// description of the request, and is counted.
class TestServer {
public:
    explicit TestServer(ServerOptions options = {});

    using Handler = http::Handler;
    void on(const std::string& path, Handler handler) { handlers_[path] = std::move(handler); }

    void start();
    HttpServer& server() { return *server_; }
    std::uint16_t port() const { return server_->port(); }
    int handled() const { return handled_; }
    std::string last_path();
    std::vector<std::string> log();

    /// Sends the bytes on a new connection and reads one answer.
    std::optional<Answer> ask(std::string_view bytes);

private:
    void handle(const std::shared_ptr<http::Request>& request, http::Respond respond);

    std::map<std::string, Handler> handlers_;
    std::atomic<int> handled_ = 0;
    std::mutex mutex_;
    std::string last_path_;
    std::vector<std::string> log_;
    std::unique_ptr<HttpServer> server_;
};

/// Keeps the rights to answer, for a test that answers when it wants to.
class Pending {
public:
    http::Handler handler();
    /// Waits until that many requests wait for their answer.
    bool wait_for(std::size_t count);
    /// The n-th one, counted from 0. Takes it away.
    http::Respond take(std::size_t index);

private:
    std::mutex mutex_;
    std::condition_variable arrived_;
    std::deque<http::Respond> responds_;
};

/// A well-formed GET.
std::string get(std::string_view path, std::string_view more_headers = {});
std::string post(std::string_view path, std::string_view body, std::string_view more_headers = {});

/// Fails the test unless the answer is a problem of the status with its documented members and all security
/// headers.
void expect_problem(const std::optional<Answer>& answer, int status, std::string_view what);
void expect_security_headers(const Answer& answer, std::string_view what);

}  // namespace annals::server
