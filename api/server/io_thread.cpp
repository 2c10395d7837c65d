#include "api/server/io_thread.hpp"

#include "api/server/connection.hpp"
#include "domain/kernel/thread_name.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <utility>

namespace annals::server {

namespace {

constexpr std::uint32_t kSweepIntervalMsMax = 250;
constexpr std::uint32_t kSweepIntervalMsMin = 5;

/// A quarter of the shortest timeout, so that none is late by more than that.
std::chrono::milliseconds sweep_interval(const http::Limits& limits) {
    const std::uint32_t shortest = std::min(
        {limits.header_timeout_ms, limits.body_grace_ms, limits.idle_timeout_ms, limits.write_stall_ms,
         limits.request_timeout_ms, limits.linger_ms}
    );
    return std::chrono::milliseconds(std::clamp(shortest / 4, kSweepIntervalMsMin, kSweepIntervalMsMax));
}

}  // namespace

IoThread::IoThread(std::shared_ptr<ServerCore> core, std::size_t number)
    : core_(std::move(core)),
      number_(number),
      context_(1),
      work_(asio::make_work_guard(context_)),
      sweep_timer_(context_),
      sweep_interval_(sweep_interval(core_->options.limits)) {}

void IoThread::start() {
    schedule_sweep();
    thread_ = std::thread([this] {
        name_this_thread("http", number_);
        context_.run();
    });
}

void IoThread::adopt(Socket socket, std::string address) {
    auto connection = std::make_shared<Connection>(shared_from_this(), std::move(socket), std::move(address));
    asio::post(context_, [this, connection] {
        connection->index = connections_.size();
        connections_.push_back(connection);
        connection->start();
    });
}

void IoThread::remove(Connection& connection) {
    const std::size_t index = connection.index;
    std::swap(connections_[index], connections_.back());
    connections_[index]->index = index;
    connections_.pop_back();
}

void IoThread::deliver(
    std::shared_ptr<Connection> connection, std::uint64_t number, std::optional<http::Response> response
) {
    const std::lock_guard lock(mailbox_mutex_);
    if (closed_) return;
    mailbox_.push_back({std::move(connection), number, std::move(response)});
    // A writer completes dozens of commands at once; they wake this thread once.
    if (std::exchange(drain_scheduled_, true)) return;
    asio::post(context_, [this] { drain(); });
}

void IoThread::drain() {
    {
        const std::lock_guard lock(mailbox_mutex_);
        delivering_.swap(mailbox_);
        drain_scheduled_ = false;
    }
    for (Delivery& delivery : delivering_)
        delivery.connection->complete(delivery.number, std::move(delivery.response));
    delivering_.clear();
}

void IoThread::schedule_sweep() {
    sweep_timer_.expires_after(sweep_interval_);
    sweep_timer_.async_wait([this](error_code error) {
        if (error || ending_) return;
        sweep();
        schedule_sweep();
    });
}

void IoThread::sweep() {
    const Clock::time_point now = Clock::now();
    // A connection that ends takes itself out of the list, and the last one takes its place.
    for (std::size_t i = connections_.size(); i > 0; --i) {
        if (i > connections_.size()) continue;
        const std::shared_ptr<Connection> connection = connections_[i - 1];
        connection->check_deadline(now);
    }
}

void IoThread::close_connections(bool force) {
    asio::post(context_, [this, force] {
        const std::vector<std::shared_ptr<Connection>> connections = connections_;
        for (const std::shared_ptr<Connection>& connection : connections) connection->begin_stop(force);
    });
}

void IoThread::stop() {
    {
        const std::lock_guard lock(mailbox_mutex_);
        closed_ = true;
    }
    asio::post(context_, [this] {
        ending_ = true;
        sweep_timer_.cancel();
    });
    work_.reset();
    if (thread_.joinable()) thread_.join();
    // Deliveries hold connections, which hold this thread: what came too late must not keep all of them
    // alive.
    mailbox_.clear();
}

}  // namespace annals::server
