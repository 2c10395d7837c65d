#include "api/server/http_server.hpp"

#include "api/http/problem.hpp"
#include "api/server/io_thread.hpp"
#include "api/server/request_id.hpp"
#include "api/server/response_writer.hpp"
#include "api/server/server_core.hpp"
#include "domain/kernel/assert.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/post.hpp>
#include <stdexcept>
#include <utility>

namespace annals::server {

namespace {

constexpr std::uint32_t kForcedCloseMs = 2'000;
constexpr std::uint32_t kRetryAfterOverloadSeconds = 1;

std::string address_text(const asio::ip::tcp::endpoint& endpoint) {
    const asio::ip::address address = endpoint.address();
    if (address.is_v6() && address.to_v6().is_v4_mapped()) {
        return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6()).to_string();
    }
    return address.to_string();
}

/// Best effort, on a socket that is closed right after: the caps exist to spend nothing on it.
void turn_away(Socket& socket) {
    const std::string request_id = make_request_id();
    http::Problem problem = http::make_problem("OVERLOADED", "There are too many connections.");
    problem.retry_after(kRetryAfterOverloadSeconds);
    std::string text;
    append_response(text, http::problem_response(request_id, problem), request_id, false, false);
    error_code ignored;
    socket.non_blocking(true, ignored);
    socket.write_some(asio::const_buffer(text.data(), text.size()), ignored);
    socket.shutdown(Socket::shutdown_send, ignored);
}

}  // namespace

struct HttpServer::Impl {
    explicit Impl(ServerOptions options) : core(std::make_shared<ServerCore>(std::move(options))) {}

    void listen();
    Awaitable<void> accept_loop();
    Awaitable<void> back_off();
    void report_accept_failure(const error_code& error);
    void place(Socket socket, const asio::ip::tcp::endpoint& peer);

    std::shared_ptr<ServerCore> core;
    std::vector<std::shared_ptr<IoThread>> threads;
    std::unique_ptr<Acceptor> acceptor;  ///< Lives on the first thread.
    std::size_t next_thread = 0;
    std::uint16_t port = 0;
    std::vector<std::function<void()>> cease;
    std::uint64_t accept_failures = 0;  ///< On the first thread.
    Clock::time_point next_accept_report{};
    bool started = false;
    bool stopped = false;
};

void HttpServer::Impl::listen() {
    const ServerOptions& options = core->options;
    try {
        const asio::ip::address address = asio::ip::make_address(options.address);
        const asio::ip::tcp::endpoint endpoint(address, options.port);
        acceptor = std::make_unique<Acceptor>(threads.front()->context());
        acceptor->open(endpoint.protocol());
        acceptor->set_option(asio::socket_base::reuse_address(true));
        acceptor->bind(endpoint);
        acceptor->listen(asio::socket_base::max_listen_connections);
        port = acceptor->local_endpoint().port();
    } catch (const boost::system::system_error& error) {
        throw std::runtime_error(
            "cannot listen on " + options.address + " port " + std::to_string(options.port) + ": " +
            error.code().message() + " (HTTP-1f60)"
        );
    }
}

void HttpServer::Impl::place(Socket socket, const asio::ip::tcp::endpoint& peer) {
    std::string address = address_text(peer);
    if (!core->counter.admit(address)) {
        turn_away(socket);
        return;
    }
    threads[next_thread]->adopt(std::move(socket), std::move(address));
    next_thread = (next_thread + 1) % threads.size();
}

/// Once in a while: it fails ten times a second.
void HttpServer::Impl::report_accept_failure(const error_code& error) {
    const Clock::time_point now = Clock::now();
    ++accept_failures;
    if (now < next_accept_report) return;
    next_accept_report = now + std::chrono::milliseconds(http::kAcceptReportEveryMs);
    core->log(
        "HTTP-e2b7", "cannot accept connections: " + error.message() + " (" +
                         std::to_string(accept_failures) + " failures since start)"
    );
}

Awaitable<void> HttpServer::Impl::back_off() {
    Timer timer(threads.front()->context());
    timer.expires_after(std::chrono::milliseconds(http::kAcceptBackOffMs));
    error_code ignored;
    auto token = asio::redirect_error(kUseAwaitable, ignored);
    co_await timer.async_wait(std::move(token));
}

Awaitable<void> HttpServer::Impl::accept_loop() {
    while (acceptor->is_open()) {
        const Executor executor = threads[next_thread]->context().get_executor();
        asio::ip::tcp::endpoint peer;
        error_code error;
        auto token = asio::redirect_error(kUseAwaitable, error);
        Socket socket = co_await acceptor->async_accept(executor, peer, std::move(token));
        if (!error) {
            place(std::move(socket), peer);
        } else if (error != asio::error::operation_aborted && error != asio::error::connection_aborted) {
            // Out of descriptors, most likely. They come back when connections end; until then do not spin.
            report_accept_failure(error);
            co_await back_off();
        }
    }
}

HttpServer::HttpServer(ServerOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}

HttpServer::~HttpServer() {
    stop(http::kStopDeadlineMsMax);
}

void HttpServer::start(http::Handler handler) {
    ANNALS_ASSERT(!impl_->started, "a server starts once");
    impl_->core->handler = std::move(handler);
    for (unsigned i = 0; i < std::max(1U, impl_->core->options.io_threads); ++i) {
        impl_->threads.push_back(std::make_shared<IoThread>(impl_->core, i));
    }
    impl_->listen();
    impl_->started = true;
    asio::co_spawn(impl_->threads.front()->context(), impl_->accept_loop(), asio::detached);
    for (const std::shared_ptr<IoThread>& thread : impl_->threads) thread->start();
}

std::uint16_t HttpServer::port() const {
    return impl_->port;
}

std::size_t HttpServer::connections() const {
    return impl_->core->counter.total();
}

std::shared_ptr<IoThread> HttpServer::first_thread() const {
    ANNALS_ASSERT(impl_->started, "a server that was started has threads");
    return impl_->threads.front();
}

void HttpServer::before_threads_end(std::function<void()> cease) {
    impl_->cease.push_back(std::move(cease));
}

bool HttpServer::stop(std::uint32_t deadline_ms) {
    if (!impl_->started || std::exchange(impl_->stopped, true)) return true;
    impl_->core->stopping.store(true);
    asio::post(impl_->threads.front()->context(), [impl = impl_.get()] {
        error_code ignored;
        impl->acceptor->close(ignored);
    });
    for (const std::shared_ptr<IoThread>& thread : impl_->threads) thread->close_connections(false);
    const bool clean = impl_->core->counter.wait_until_none(std::min(deadline_ms, http::kStopDeadlineMsMax));
    if (!clean) {
        for (const std::shared_ptr<IoThread>& thread : impl_->threads) thread->close_connections(true);
        if (!impl_->core->counter.wait_until_none(kForcedCloseMs)) {
            impl_->core->log("HTTP-d91a", "connections did not end when they were closed");
        }
    }
    for (const std::function<void()>& cease : impl_->cease) cease();
    for (const std::shared_ptr<IoThread>& thread : impl_->threads) thread->stop();
    return clean;
}

}  // namespace annals::server
