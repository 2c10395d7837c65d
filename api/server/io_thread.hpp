#pragma once

#include "api/http/response.hpp"
#include "api/server/asio_types.hpp"
#include "api/server/server_core.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace annals::server {

class Connection;

/// One thread with its own event loop and the connections that live on it; none of them ever needs a lock. It
/// checks all deadlines in one sweep, because a timer for each connection would be moved several times for
/// each request.
class IoThread : public std::enable_shared_from_this<IoThread> {
public:
    /// `number` tells the threads of a server apart in thread lists.
    IoThread(std::shared_ptr<ServerCore> core, std::size_t number);

    /// Starts the thread. Once.
    void start();
    /// Any thread: begins to serve the socket, whose address was admitted by the counter.
    void adopt(Socket socket, std::string address);
    /// Any thread: the answer to request `number` of the connection, or nothing when its handler lost it.
    /// Dropped after the loop was closed.
    void deliver(
        std::shared_ptr<Connection> connection, std::uint64_t number, std::optional<http::Response> response
    );
    /// Any thread: closes idle connections; with `force` all of them.
    void close_connections(bool force);
    /// Any thread but this one: ends the loop and joins the thread. No connection may be open any more.
    void stop();

    asio::io_context& context() { return context_; }
    ServerCore& core() const { return *core_; }

    // On this thread only, for Connection.
    void remove(Connection& connection);

private:
    struct Delivery {
        std::shared_ptr<Connection> connection;
        std::uint64_t number;
        std::optional<http::Response> response;
    };

    void drain();
    void sweep();
    void schedule_sweep();

    std::shared_ptr<ServerCore> core_;
    const std::size_t number_;
    asio::io_context context_;
    asio::executor_work_guard<Executor> work_;
    Timer sweep_timer_;
    const std::chrono::milliseconds sweep_interval_;
    std::vector<std::shared_ptr<Connection>> connections_;
    std::thread thread_;
    bool ending_ = false;  ///< On the thread only.

    std::mutex mailbox_mutex_;
    std::vector<Delivery> mailbox_;
    std::vector<Delivery> delivering_;
    bool drain_scheduled_ = false;
    bool closed_ = false;
};

}  // namespace annals::server
