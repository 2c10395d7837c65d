#pragma once

#include "api/kernel/command_peers.hpp"
#include "api/server/asio_types.hpp"
#include "api/server/peer_client.hpp"
#include "api/server/peer_connection.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace annals::server {

/// What all links of a process count.
struct PeerCounters {
    std::atomic<std::uint64_t> answered{0};
    std::atomic<std::uint64_t> not_sent{0};
    std::atomic<std::uint64_t> lost{0};
    std::atomic<std::uint64_t> bundles{0};
};

/// The way to one peer: commands that wait, and the connections that carry them. Lives until its connections
/// have ended. Everything but add() and usable() happens on the I/O thread.
class PeerLink : public std::enable_shared_from_this<PeerLink> {
public:
    PeerLink(
        asio::io_context& context, const asio::ip::tcp::endpoint& endpoint, const PeerClientOptions& options,
        PeerCounters& counters
    );

    /// Any thread: whether a command would be sent now, or soon.
    [[nodiscard]] bool usable() const {
        return ready_.load(std::memory_order_relaxed) &&
               under_way_.load(std::memory_order_relaxed) < options_.limits.under_way_max;
    }
    [[nodiscard]] bool ready() const { return ready_.load(std::memory_order_relaxed); }
    /// Any thread. False, and `done` untouched, when it takes nothing any more.
    bool add(std::string item, api::PeerCompletion& done);

    void start();
    /// Takes nothing more, finishes what is under way, and ends.
    void retire();
    /// Ends at once; what is under way is lost.
    void close();

    // For its connections.
    void answered(PeerItem item, http::Response response);
    void failed(PeerItem item, api::PeerAnswer::Outcome outcome);
    /// A connection became free, came to work or broke.
    void changed();
    /// The peer does not answer: it gets nothing for a while, and no connection is believed in until it has
    /// proved to work again.
    void suspect();
    asio::io_context& context() { return context_; }
    const asio::ip::tcp::endpoint& endpoint() const { return endpoint_; }
    const std::string& host() const { return host_; }
    const PeerClientOptions& options() const { return options_; }
    const PeerLimits& limits() const { return options_.limits; }
    void report(bool well, std::string_view code, std::string_view message) const;

private:
    void flush();
    void send(PeerConnection& connection);
    void give_up_waiting(Clock::time_point older_than);
    void finish(PeerItem item, api::PeerAnswer answer);
    void update_ready();
    void schedule_tick();
    void tick();

    asio::io_context& context_;
    const asio::ip::tcp::endpoint endpoint_;
    const std::string host_;
    const PeerClientOptions& options_;
    PeerCounters& counters_;
    Timer tick_timer_;
    std::vector<std::unique_ptr<PeerConnection>> connections_;
    std::deque<PeerItem> waiting_;  ///< To be sent as soon as a connection is free.
    std::atomic<bool> ready_{false};
    std::atomic<std::size_t> under_way_{0};
    Clock::time_point away_until_{};  ///< It hung; until then it gets nothing, whatever it answers.
    bool retired_ = false;

    std::mutex mutex_;
    std::deque<PeerItem> added_;
    bool flush_scheduled_ = false;
    bool ended_ = false;
};

}  // namespace annals::server
