#pragma once

#include "api/http/cors.hpp"
#include "api/http/handler.hpp"
#include "api/http/limits.hpp"
#include "api/http/problem.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace annals::server {

class IoThread;

/// What became of one request; for access logs and metrics.
struct Answered {
    const http::Request* request = nullptr;  ///< Null when the request line was not understood.
    std::string_view request_id;
    std::string_view remote_address;
    int status = 0;
    std::size_t body_bytes = 0;     ///< As sent, after compression.
    std::uint64_t duration_us = 0;  ///< From the complete header to the complete answer.
};

struct ServerOptions {
    std::string address = "127.0.0.1";  ///< IPv4 or IPv6 text.
    std::uint16_t port = 0;             ///< 0 takes any free port; HttpServer::port tells which.
    unsigned io_threads = 1;
    http::Limits limits{};
    http::CorsPolicy cors{};
    std::vector<std::string> allowed_hosts{
    };  ///< "host" or "host:port" as in the Host header; empty allows any.

    /// The largest body a request may have, asked after its header; limits.body_bytes_max where this is not
    /// set.
    std::function<std::size_t(const http::Request&)> body_bytes_max{};
    /// Asked once for a request whose header has come and whose body has not, or not all: a problem is
    /// answered at once, and the body is dropped when it has come, within the usual limits. Called on I/O
    /// threads. Must not block.
    std::function<std::optional<http::Problem>(http::Request&)> refuse_unread{};
    /// Called on I/O threads with a code that names the place and a sentence. Must not block or throw.
    std::function<void(std::string_view code, std::string_view message)> log{};
    /// Called on I/O threads after each answer. Must not block or throw.
    std::function<void(const Answered&)> answered{};
};

/// An HTTP/1.1 server behind a strict gate. Each connection belongs to one I/O thread and has one request in
/// work at a time; pipelined requests wait in its buffer and are answered in order. Everything that is
/// refused before the handler is answered with problem+json and closes the connection, but for what
/// `refuse_unread` refuses.
class HttpServer {
public:
    explicit HttpServer(ServerOptions options);
    /// Stops, if that has not been done.
    ~HttpServer();
    HttpServer(const HttpServer&) = delete;
    HttpServer& operator=(const HttpServer&) = delete;

    /// Binds and serves. Throws std::runtime_error with the reason when the address cannot be had. Once only.
    void start(http::Handler handler);

    /// The port that is listened on, after start.
    std::uint16_t port() const;
    std::size_t connections() const;

    /// Stops accepting, closes idle connections, lets running requests finish with "Connection: close", and
    /// after `deadline_ms` (at most kStopDeadlineMsMax) closes what is left. True when nothing had to be cut
    /// off. Not to be called from a handler. Answers that come later are dropped.
    bool stop(std::uint32_t deadline_ms);

    /// The thread that accepts, for whatever else of this server does I/O; after start.
    std::shared_ptr<IoThread> first_thread() const;
    /// Called by stop() when no connection is open any more and before the threads end: what does I/O on them
    /// has to cease. Before start.
    void before_threads_end(std::function<void()> cease);

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace annals::server
