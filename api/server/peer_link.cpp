#include "api/server/peer_link.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <exception>
#include <sstream>
#include <utility>

namespace annals::server {

namespace {

/// How late a deadline may be noticed.
constexpr std::chrono::milliseconds kTick{50};

using Outcome = api::PeerAnswer::Outcome;

std::string text_of(const asio::ip::tcp::endpoint& endpoint) {
    const std::string address = endpoint.address().to_string();
    const std::string port = std::to_string(endpoint.port());
    return endpoint.address().is_v6() ? "[" + address + "]:" + port : address + ":" + port;
}

}  // namespace

PeerLink::PeerLink(
    asio::io_context& context, const asio::ip::tcp::endpoint& endpoint, const PeerClientOptions& options,
    PeerCounters& counters
)
    : context_(context),
      endpoint_(endpoint),
      host_(text_of(endpoint)),
      options_(options),
      counters_(counters),
      tick_timer_(context) {}

void PeerLink::start() {
    for (std::size_t i = 0; i < limits().connections; ++i) {
        connections_.push_back(std::make_unique<PeerConnection>(*this));
        connections_.back()->start();
    }
    schedule_tick();
}

bool PeerLink::add(std::string item, api::PeerCompletion& done) {
    const std::lock_guard lock(mutex_);
    if (ended_) return false;
    under_way_.fetch_add(1, std::memory_order_relaxed);
    added_.push_back({std::move(item), std::move(done), Clock::now()});
    // Behind the requests that have come already, so that they travel together.
    if (!std::exchange(flush_scheduled_, true))
        asio::post(context_, [link = shared_from_this()] { link->flush(); });
    return true;
}

void PeerLink::flush() {
    {
        const std::lock_guard lock(mutex_);
        flush_scheduled_ = false;
        std::ranges::move(added_, std::back_inserter(waiting_));
        added_.clear();
    }
    if (retired_ || !ready_) return give_up_waiting(Clock::time_point::max());
    for (const auto& connection : connections_) {
        if (waiting_.empty()) return;
        if (connection->free()) send(*connection);
    }
}

void PeerLink::send(PeerConnection& connection) {
    std::vector<PeerItem> items;
    std::size_t bytes = 0;
    while (!waiting_.empty() && items.size() < api::kPeerBundleItemsMax) {
        bytes += waiting_.front().text.size();
        if (!items.empty() && bytes > api::kPeerBundleBytesMax) break;
        items.push_back(std::move(waiting_.front()));
        waiting_.pop_front();
    }
    counters_.bundles.fetch_add(1, std::memory_order_relaxed);
    connection.send(std::move(items));
}

void PeerLink::give_up_waiting(Clock::time_point older_than) {
    while (!waiting_.empty() && waiting_.front().since < older_than) {
        PeerItem item = std::move(waiting_.front());
        waiting_.pop_front();
        failed(std::move(item), Outcome::not_sent);
    }
}

void PeerLink::answered(PeerItem item, http::Response response) {
    counters_.answered.fetch_add(1, std::memory_order_relaxed);
    finish(std::move(item), {Outcome::answered, std::move(response)});
}

void PeerLink::failed(PeerItem item, Outcome outcome) {
    auto& counter = outcome == Outcome::lost ? counters_.lost : counters_.not_sent;
    counter.fetch_add(1, std::memory_order_relaxed);
    finish(std::move(item), {.outcome = outcome});
}

void PeerLink::finish(PeerItem item, api::PeerAnswer answer) {
    under_way_.fetch_sub(1, std::memory_order_relaxed);
    // What is decided here instead runs in it, and one request that fails must not take others along.
    try {
        item.done(std::move(answer));
    } catch (const std::exception& error) {
        report(false, "PEER-61f4", error.what());
    }
}

void PeerLink::changed() {
    update_ready();
    flush();
}

void PeerLink::suspect() {
    away_until_ = Clock::now() + std::chrono::milliseconds(limits().away_ms);
    for (const auto& connection : connections_) connection->doubt();
    changed();
}

void PeerLink::update_ready() {
    const bool usable = !retired_ && Clock::now() >= away_until_;
    const bool ready = usable && std::ranges::any_of(connections_, [](const auto& connection) {
                           return connection->proven();
                       });
    if (ready_.exchange(ready) == ready || retired_) return;
    if (ready) {
        report(true, "PEER-0a4e", host_ + " takes the commands of its partitions");
    } else {
        report(
            false, "PEER-9d26", host_ + " does not answer; the commands of its partitions are decided here"
        );
    }
}

void PeerLink::retire() {
    retired_ = true;
    for (const auto& connection : connections_) connection->end(false);
    changed();
}

void PeerLink::close() {
    {
        const std::lock_guard lock(mutex_);
        ended_ = true;
    }
    retired_ = true;
    for (const auto& connection : connections_) connection->end(true);
    changed();
    tick_timer_.cancel();
}

void PeerLink::schedule_tick() {
    tick_timer_.expires_after(kTick);
    tick_timer_.async_wait([link = shared_from_this()](error_code error) {
        if (!error) link->tick();
    });
}

void PeerLink::tick() {
    const Clock::time_point now = Clock::now();
    for (const auto& connection : connections_) connection->check(now);
    give_up_waiting(now - std::chrono::milliseconds(limits().answer_timeout_ms));
    update_ready();
    const bool over = std::ranges::all_of(connections_, [](const auto& each) { return each->ended(); });
    if (!over) return schedule_tick();
    // What was added meanwhile was told that it would be sent.
    {
        const std::lock_guard lock(mutex_);
        ended_ = true;
    }
    flush();
}

void PeerLink::report(bool well, std::string_view code, std::string_view message) const {
    if (options_.log) options_.log(well, code, message);
}

}  // namespace annals::server
