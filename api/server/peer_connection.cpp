#include "api/server/peer_connection.hpp"

#include "api/kernel/peer_bundle.hpp"
#include "api/server/peer_link.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/write.hpp>
#include <exception>
#include <fmt/format.h>
#include <span>
#include <utility>

namespace annals::server {

namespace {

constexpr std::size_t kReadBytes = 32 * 1024;

using std::chrono::milliseconds;
using Outcome = api::PeerAnswer::Outcome;

}  // namespace

PeerConnection::PeerConnection(PeerLink& link)
    : link_(link), socket_(link.context()), pause_timer_(link.context()) {}

void PeerConnection::start() {
    asio::co_spawn(link_.context(), run(), asio::detached);
}

Awaitable<void> PeerConnection::run() {
    const std::shared_ptr<PeerLink> link = link_.shared_from_this();
    while (!ending_) {
        try {
            const bool connected = co_await connect();
            if (connected) co_await read_answers();
        } catch (const std::exception& error) {
            link_.report(false, "PEER-3c90", error.what());
        }
        break_off();
        if (!ending_) co_await pause();
    }
    ended_ = true;
    link_.changed();
}

Awaitable<bool> PeerConnection::connect() {
    ++generation_;
    writing_ = false;
    socket_ = Socket(link_.context());
    input_.consume(input_.size());
    state_ = State::connecting;
    deadline_ = Clock::now() + milliseconds(link_.limits().connect_timeout_ms);
    error_code error;
    auto token = asio::redirect_error(kUseAwaitable, error);
    co_await socket_.async_connect(link_.endpoint(), std::move(token));
    if (error || ending_) co_return false;
    socket_.set_option(asio::ip::tcp::no_delay(true), error);
    socket_.non_blocking(true, error);
    probe();
    co_return true;
}

Awaitable<void> PeerConnection::pause() {
    pause_timer_.expires_after(milliseconds(link_.limits().retry_pause_ms));
    error_code ignored;
    auto token = asio::redirect_error(kUseAwaitable, ignored);
    co_await pause_timer_.async_wait(std::move(token));
}

Awaitable<void> PeerConnection::read_answers() {
    while (true) {
        const std::span<char> space = input_.prepare(kReadBytes);
        const asio::mutable_buffer buffer(space.data(), space.size());
        error_code error;
        auto token = asio::redirect_error(kUseAwaitable, error);
        const std::size_t received = co_await socket_.async_read_some(buffer, std::move(token));
        if (error) co_return;
        input_.commit(received);
        if (!take_answers()) co_return;
    }
}

/// False when the connection cannot be used any more.
bool PeerConnection::take_answers() {
    while (!input_.empty()) {
        PeerHttpAnswer answer;
        const PeerAnswerStep step = take_peer_answer(input_, link_.limits().answer_bytes_max, answer);
        if (step == PeerAnswerStep::more) return true;
        if (step == PeerAnswerStep::broken) {
            if (!std::exchange(refused_, true))
                link_.report(false, "PEER-b1d7", "what came from " + link_.host() + " is no answer of ours");
            return false;
        }
        if (!take_answer(answer)) return false;
    }
    return true;
}

bool PeerConnection::take_answer(const PeerHttpAnswer& answer) {
    // Nothing is under way, or not all of it has left: whatever this answers, it is not what we asked.
    if (state_ == State::idle || writing_) return false;
    const bool good = deliver(answer);
    state_ = State::idle;
    proven_ = good;
    deadline_ = Clock::time_point::max();
    used_at_ = Clock::now();
    if (!good || answer.closes || ending_) return false;
    link_.changed();
    return true;
}

/// Hands the answers of the bundle over; a probe has none. False when the peer has not taken it.
bool PeerConnection::deliver(const PeerHttpAnswer& answer) {
    auto answers = answer.status == 200 ? api::read_answers(answer.body, bundle_.size()) : std::nullopt;
    if (!answers) {
        if (!std::exchange(refused_, true)) {
            link_.report(
                false, "PEER-5e08",
                fmt::format("{} takes no commands from here: status {}", link_.host(), answer.status)
            );
        }
        // What is refused with 4xx was not looked at.
        lose(answer.status >= 400 && answer.status < 500 ? Outcome::not_sent : Outcome::lost);
        return false;
    }
    refused_ = false;
    std::vector<PeerItem> items = std::exchange(bundle_, {});
    for (std::size_t i = 0; i < items.size(); ++i)
        link_.answered(std::move(items[i]), std::move((*answers)[i]));
    return true;
}

void PeerConnection::send(std::vector<PeerItem> items) {
    bundle_ = std::move(items);
    std::vector<std::string> texts;
    texts.reserve(bundle_.size());
    for (PeerItem& item : bundle_) texts.push_back(std::move(item.text));
    post(State::busy, api::write_bundle(texts));
}

void PeerConnection::probe() {
    post(State::probing, api::write_bundle({}));
}

void PeerConnection::post(State state, const std::string& body) {
    state_ = state;
    deadline_ = Clock::now() + milliseconds(link_.limits().answer_timeout_ms);
    write(fmt::format(
        "POST {} HTTP/1.1\r\nHost: {}\r\nContent-Length: {}\r\n{}: {}\r\n\r\n{}", api::kPeerCommandsPath,
        link_.host(), body.size(), api::kPeerSignatureHeader, api::sign_bundle(link_.options().hmac, body),
        body
    ));
}

/// Most of what is written fits the socket's buffer, so that nobody has to wait for it.
void PeerConnection::write(std::string text) {
    output_ = std::move(text);
    error_code error;
    const std::size_t sent = socket_.write_some(asio::buffer(output_), error);
    if (sent == output_.size()) return;
    if (error && error != asio::error::would_block) return close();
    write_rest(sent);
}

void PeerConnection::write_rest(std::size_t sent) {
    writing_ = true;
    asio::async_write(
        socket_, asio::buffer(output_.data() + sent, output_.size() - sent),
        [this, link = link_.shared_from_this(), generation = generation_](error_code error, std::size_t) {
            if (generation != generation_) return;
            writing_ = false;
            if (error) close();
        }
    );
}

void PeerConnection::close() {
    error_code ignored;
    socket_.close(ignored);
}

/// The connection is over: what was under way may have been decided.
void PeerConnection::break_off() {
    close();
    state_ = State::away;
    deadline_ = Clock::time_point::max();
    proven_ = false;
    lose(Outcome::lost);
    link_.changed();
}

void PeerConnection::lose(Outcome outcome) {
    std::vector<PeerItem> items = std::exchange(bundle_, {});
    for (PeerItem& item : items) link_.failed(std::move(item), outcome);
}

void PeerConnection::doubt() {
    proven_ = false;
    if (state_ == State::idle) probe();
}

void PeerConnection::end(bool force) {
    ending_ = true;
    pause_timer_.cancel();
    if (force || state_ != State::busy) close();
}

void PeerConnection::check(Clock::time_point now) {
    if (state_ == State::idle && !ending_ && now - used_at_ > milliseconds(link_.limits().idle_ms))
        return probe();
    if (now < deadline_) return;
    const bool hangs = state_ != State::connecting;
    deadline_ = Clock::time_point::max();
    close();
    if (hangs) link_.suspect();
}

}  // namespace annals::server
