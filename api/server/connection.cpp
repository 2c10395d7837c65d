#include "api/server/connection.hpp"

#include "api/http/compression.hpp"
#include "api/http/problem.hpp"
#include "api/server/answer_slot.hpp"
#include "api/server/request_id.hpp"
#include "api/server/response_writer.hpp"

#include <algorithm>
#include <boost/asio/async_result.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <exception>
#include <random>
#include <utility>

namespace annals::server {

namespace {

constexpr std::size_t kHeaderReadBytes = 4 * 1024;
constexpr std::size_t kBodyReadBytes = 32 * 1024;
constexpr std::size_t kOutputFlushBytes = 64 * 1024;
constexpr std::size_t kOutputSpareBytes = 256 * 1024;
constexpr std::size_t kLingerBytesMax = 16 * 1024 * 1024;
constexpr std::uint32_t kRetryAfterTimeoutSeconds = 1;
constexpr int kUnavailable = 503;
constexpr std::string_view kAllMethods = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";
constexpr Refusal kTooSlow{"REQUEST_TIMEOUT", "The request did not arrive in time."};

using std::chrono::milliseconds;

milliseconds refusal_hold(const http::Limits& limits) {
    thread_local std::minstd_rand chance{std::random_device{}()};
    std::uniform_int_distribution<std::uint32_t> spread(0, limits.refusal_spread_ms);
    return milliseconds(limits.refusal_hold_ms + spread(chance));
}

/// Set while this thread runs a handler: its answer is then taken without a way through the mailbox.
thread_local const Connection* handler_running_for = nullptr;

}  // namespace

Connection::Connection(std::shared_ptr<IoThread> thread, Socket socket, std::string address)
    : thread_(std::move(thread)), socket_(std::move(socket)), address_(std::move(address)) {}

void Connection::start() {
    error_code ignored;
    socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
    socket_.non_blocking(true, ignored);
    asio::co_spawn(thread_->context(), run(), asio::detached);
}

void Connection::enter(Phase phase, Clock::time_point deadline) {
    phase_ = phase;
    deadline_ = deadline;
}

void Connection::close() {
    error_code ignored;
    socket_.close(ignored);
}

Awaitable<void> Connection::run() {
    const std::shared_ptr<Connection> self = shared_from_this();
    try {
        bool open = true;
        while (open) open = co_await serve_request();
    } catch (const std::exception& error) {
        thread_->core().log("HTTP-9e4b", error.what());
    }
    close();
    thread_->remove(*this);
    // Last, because whoever waits for the server to become empty goes on from here.
    thread_->core().counter.release(address_);
}

Awaitable<bool> Connection::serve_request() {
    Step step = co_await receive_header();
    if (step == Step::closed) co_return false;
    // Made only now, because the reader keeps references to the request.
    RequestReader reader(thread_->core().options, *request_);
    if (step == Step::done) step = read_request(reader);
    if (step == Step::done) step = take(reader, reader.read_body(input_));
    if (step == Step::more && refuse_unread()) co_return co_await answer_unread(reader);
    if (step == Step::more) step = co_await receive_body(reader);
    if (step == Step::closed) co_return false;
    if (step == Step::done) {
        const bool connected = co_await handle();
        if (!connected) co_return false;
    }
    const bool held = co_await hold_answer();
    if (!held) co_return false;
    const bool stopping = thread_->core().stopping.load();
    const bool keep_alive = step == Step::done && client_keeps_alive_ && !timed_out_ && !stopping;
    append_answer(keep_alive);
    if (keep_alive) {
        const bool full =
            output_.size() >= kOutputFlushBytes || output_answers_ >= limits().pipelined_answers_max;
        // Otherwise the answer leaves when the next read would wait, together with those of pipelined
        // requests.
        if (full) co_return co_await flush();
        co_return true;
    }
    const bool written = co_await flush();
    if (written && (step != Step::done || stopping || !input_.empty())) co_await linger();
    co_return false;
}

void Connection::begin_request() {
    const Clock::time_point now = Clock::now();
    header_deadline_ = now + milliseconds(limits().header_timeout_ms);
    request_deadline_ = now + milliseconds(limits().request_timeout_ms);
}

void Connection::renew_request() {
    request_ = std::make_shared<http::Request>();
    request_->request_id = make_request_id();
    request_->remote_address = address_;
    request_understood_ = false;
    response_.reset();
    ++number_;
}

Awaitable<Connection::Step> Connection::receive_header() {
    renew_request();
    HeaderScanner scanner(limits());
    // The first request's time begins with the connection, a later one's with its first byte.
    bool begun = number_ == 1 || !input_.empty();
    if (begun) begin_request();
    while (true) {
        const HeaderScanner::State state = scanner.scan(input_.text());
        header_size_ = scanner.header_size();
        header_complete_ = Clock::now();
        if (state == HeaderScanner::State::complete) co_return Step::done;
        if (state == HeaderScanner::State::refused) co_return refuse(scanner.refusal());
        const bool written = co_await flush();
        if (!written || (input_.empty() && thread_->core().stopping.load())) co_return Step::closed;
        if (begun) {
            enter(Phase::header, header_deadline_);
        } else {
            input_.release_spare();
            enter(Phase::idle, Clock::now() + milliseconds(limits().idle_timeout_ms));
        }
        const bool received = co_await read_some(kHeaderReadBytes);
        if (!received) co_return timed_out_ && !input_.empty() ? refuse(kTooSlow) : Step::closed;
        if (!begun) begin_request();
        begun = true;
    }
}

Awaitable<bool> Connection::read_some(std::size_t room) {
    const std::span<char> space = input_.prepare(room);
    const asio::mutable_buffer buffer(space.data(), space.size());
    error_code error;
    auto token = asio::redirect_error(kUseAwaitable, error);
    const std::size_t received = co_await socket_.async_read_some(buffer, std::move(token));
    if (error || timed_out_) co_return false;
    input_.commit(received);
    co_return true;
}

Connection::Step Connection::take(RequestReader& reader, RequestReader::Step step) {
    if (step == RequestReader::Step::more) return Step::more;
    return step == RequestReader::Step::done ? Step::done : refuse(reader.refusal());
}

Connection::Step Connection::read_request(RequestReader& reader) {
    const RequestReader::Step step = reader.read_header(input_, header_size_);
    request_understood_ = reader.understood();
    client_keeps_alive_ = reader.keeps_alive();
    return take(reader, step);
}

Awaitable<Connection::Step> Connection::receive_body(RequestReader& reader) {
    if (request_->body.empty() && input_.empty() && request_->headers.has("Expect")) {
        output_.append("HTTP/1.1 100 Continue\r\n\r\n");
    }
    const Clock::time_point begin = Clock::now();
    while (true) {
        const Step step = take(reader, reader.read_body(input_));
        if (step != Step::more) co_return step;
        const bool written = co_await flush();
        if (!written) co_return Step::closed;
        // The time for the body grows with what has come, so that only its rate counts, up to the request's
        // own end.
        const std::size_t earned_ms = request_->body.size() * 1000 / limits().body_bytes_per_second_min;
        const Clock::time_point deadline = begin + milliseconds(limits().body_grace_ms + earned_ms);
        enter(Phase::body, std::min(deadline, request_deadline_));
        const bool received = co_await read_some(kBodyReadBytes);
        if (!received) co_return timed_out_ ? refuse(kTooSlow) : Step::closed;
    }
}

bool Connection::refuse_unread() {
    const auto& refuse_unread = thread_->core().options.refuse_unread;
    if (!refuse_unread) return false;
    const std::optional<http::Problem> problem = refuse_unread(*request_);
    if (problem) response_ = http::problem_response(*request_, *problem);
    return problem.has_value();
}

/// Goes on with the connection after the body, because a new one costs more than what is left of most bodies,
/// but not with a stranger's, whose body would be kept meanwhile.
/// From a client that waits to be asked for its body nobody can tell whether it still sends it.
Awaitable<bool> Connection::answer_unread(RequestReader& reader) {
    const bool held = co_await hold_answer();
    if (!held) co_return false;
    const bool keep_alive = client_keeps_alive_ && response_->status == kUnavailable &&
                            !thread_->core().stopping.load() && !request_->headers.has("Expect");
    append_answer(keep_alive);
    if (keep_alive) {
        const Step step = co_await receive_body(reader);
        if (step == Step::done) co_return true;
        if (step == Step::closed) co_return false;
    }
    const bool written = co_await flush();
    if (written) co_await linger();
    co_return false;
}

void Connection::call_handler() {
    awaiting_answer_ = true;
    handler_running_for = this;
    try {
        thread_->core().handler(request_, AnswerSlot(shared_from_this(), number_));
    } catch (const std::exception& error) {
        thread_->core().log("HTTP-41d0", error.what());
    }
    handler_running_for = nullptr;
}

Awaitable<bool> Connection::handle() {
    call_handler();
    if (response_) co_return true;
    const bool written = co_await flush();
    if (!written) co_return false;
    if (response_) co_return true;
    enter(Phase::handling, request_deadline_);
    auto keep_waiter = [this](auto handler) {
        waiter_ = [resume = std::move(handler)]() mutable { std::move(resume)(); };
    };
    co_await asio::async_initiate<const asio::use_awaitable_t<Executor>, void()>(keep_waiter, kUseAwaitable);
    co_return true;
}

void Connection::deliver(std::uint64_t number, std::optional<http::Response> response) {
    if (handler_running_for == this) {
        complete(number, std::move(response));
    } else {
        thread_->deliver(shared_from_this(), number, std::move(response));
    }
}

void Connection::complete(std::uint64_t number, std::optional<http::Response> response) {
    if (number != number_ || !awaiting_answer_) return;
    awaiting_answer_ = false;
    if (!response) {
        thread_->core().log("HTTP-7c02", "a handler lost the answer to request " + request_->request_id);
        response = http::problem_response(*request_, http::make_problem("INTERNAL", "The answer was lost."));
    }
    response_ = std::move(response);
    if (waiter_) std::exchange(waiter_, nullptr)();
}

Connection::Step Connection::refuse(Refusal refusal) {
    http::Problem problem = http::make_problem(refusal.code, std::string(refusal.detail));
    if (problem.status == 405) problem.allow = kAllMethods;
    response_ = http::problem_response(*request_, problem);
    return Step::refused;
}

void Connection::append_answer(bool keep_alive) {
    const ServerOptions& options = thread_->core().options;
    http::Response response = std::move(*response_);
    if (request_understood_) {
        options.cors.apply(*request_, response);
        http::compress(*request_, response);
    }
    append_response(
        output_, response, request_->request_id, keep_alive, request_->method == http::Method::head
    );
    ++output_answers_;
    if (!options.answered) return;
    Answered answered;
    answered.request = request_understood_ ? request_.get() : nullptr;
    answered.request_id = request_->request_id;
    answered.remote_address = address_;
    answered.status = response.status;
    answered.body_bytes = response.body.size();
    const auto duration =
        std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - header_complete_);
    answered.duration_us = static_cast<std::uint64_t>(duration.count());
    options.answered(answered);
}

/// Whoever is told to come back later is told so a little later: a client that repeats at once would
/// otherwise leave hardly any time for what was let in. And at different times, or they come together again.
Clock::time_point Connection::leaves_at() const {
    if (response_->status == kUnavailable && response_->headers.has("Retry-After"))
        return header_complete_ + refusal_hold(limits());
    if (!response_->evenly_since) return header_complete_;
    const milliseconds step(limits().even_answer_ms);
    return *response_->evenly_since + step * ((Clock::now() - *response_->evenly_since) / step + 1);
}

Awaitable<bool> Connection::hold_answer() {
    const Clock::time_point until = leaves_at();
    if (Clock::now() >= until || thread_->core().stopping.load()) co_return true;
    const bool written = co_await flush();
    if (!written) co_return false;
    enter(Phase::holding, Clock::time_point::max());
    Timer timer(thread_->context(), until);
    co_await timer.async_wait(kUseAwaitable);
    co_return true;
}

Awaitable<bool> Connection::flush() {
    std::size_t sent = 0;
    Clock::time_point end{};
    while (sent < output_.size()) {
        error_code error;
        sent += socket_.write_some(asio::const_buffer(output_.data() + sent, output_.size() - sent), error);
        if (!error) continue;
        if (error != asio::error::would_block) co_return false;
        // The client does not read. It may pause, but neither for ever nor before every byte.
        const Clock::time_point now = Clock::now();
        const std::size_t whole_ms = output_.size() * 1000 / limits().write_bytes_per_second_min;
        if (end == Clock::time_point{}) end = now + milliseconds(limits().write_stall_ms + whole_ms);
        enter(Phase::writing, std::min(end, now + milliseconds(limits().write_stall_ms)));
        error_code wait_error;
        auto token = asio::redirect_error(kUseAwaitable, wait_error);
        co_await socket_.async_wait(Socket::wait_write, std::move(token));
        if (wait_error) co_return false;
    }
    output_.clear();
    output_answers_ = 0;
    if (output_.capacity() > kOutputSpareBytes) output_.shrink_to_fit();
    co_return true;
}

/// Closing with unread input would make the kernel reset the connection, and the client could lose the
/// answer.
Awaitable<void> Connection::linger() {
    error_code error;
    socket_.shutdown(Socket::shutdown_send, error);
    timed_out_ = false;
    enter(Phase::lingering, Clock::now() + milliseconds(limits().linger_ms));
    for (std::size_t discarded = 0; discarded < kLingerBytesMax;) {
        input_.consume(input_.size());
        const bool received = co_await read_some(kBodyReadBytes);
        if (!received) co_return;
        discarded += input_.size();
    }
}

void Connection::check_deadline(Clock::time_point now) {
    if (now < deadline_) return;
    deadline_ = Clock::time_point::max();
    error_code ignored;
    switch (phase_) {
        case Phase::header:
        case Phase::body:
            timed_out_ = true;
            socket_.cancel(ignored);
            return;
        case Phase::handling: {
            timed_out_ = true;
            thread_->core().log("HTTP-c8a3", "no answer in time to request " + request_->request_id);
            http::Problem problem = http::make_problem("UNAVAILABLE", "The answer took too long.");
            complete(
                number_, http::problem_response(*request_, problem.retry_after(kRetryAfterTimeoutSeconds))
            );
            return;
        }
        case Phase::idle:
        case Phase::holding:
        case Phase::writing:
        case Phase::lingering:
            close();
            return;
    }
}

void Connection::begin_stop(bool force) {
    if (!force) {
        const bool waits_for_request = phase_ == Phase::idle || (phase_ == Phase::header && input_.empty());
        // A request may have been read already, although nobody has looked at it: it is still answered.
        error_code ignored;
        if (waits_for_request) socket_.cancel(ignored);
        return;
    }
    close();
    if (!awaiting_answer_) return;
    http::Problem problem = http::make_problem("UNAVAILABLE", "The server is stopping.");
    complete(number_, http::problem_response(*request_, problem));
}

}  // namespace annals::server
