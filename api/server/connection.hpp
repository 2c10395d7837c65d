#pragma once

#include "api/http/handler.hpp"
#include "api/server/asio_types.hpp"
#include "api/server/input_buffer.hpp"
#include "api/server/io_thread.hpp"
#include "api/server/request_gate.hpp"
#include "api/server/request_reader.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace annals::server {

/// One client's connection: a coroutine that reads a request, has it handled, writes the answer, and begins
/// again. Everything but the constructor happens on the I/O thread. It lives until its coroutine has ended
/// and no handler holds the right to answer any more.
class Connection : public std::enable_shared_from_this<Connection> {
public:
    Connection(std::shared_ptr<IoThread> thread, Socket socket, std::string address);

    void start();
    /// The answer to request `number`; ignored when that request is answered already.
    void complete(std::uint64_t number, std::optional<http::Response> response);
    /// Called by the sweep: ends whatever phase has outlived its deadline.
    void check_deadline(Clock::time_point now);
    /// Closes an idle connection; with `force` any.
    void begin_stop(bool force);

    /// Any thread: passes an answer to the I/O thread.
    void deliver(std::uint64_t number, std::optional<http::Response> response);

    std::size_t index = 0;  ///< Place in the I/O thread's list, kept by it.

private:
    enum class Phase : std::uint8_t { idle, header, body, handling, holding, writing, lingering };
    enum class Step : std::uint8_t { done, more, refused, closed };

    Awaitable<void> run();
    Awaitable<bool> serve_request();
    Awaitable<Step> receive_header();
    Awaitable<Step> receive_body(RequestReader& reader);
    Awaitable<bool> answer_unread(RequestReader& reader);
    Awaitable<bool> handle();
    Awaitable<bool> read_some(std::size_t room);
    Awaitable<bool> hold_answer();  ///< Until it may leave; false when the client has gone.
    Awaitable<bool> flush();
    Awaitable<void> linger();

    [[nodiscard]] Clock::time_point leaves_at() const;
    void renew_request();
    void begin_request();
    Step read_request(RequestReader& reader);
    Step take(RequestReader& reader, RequestReader::Step step);
    Step refuse(Refusal refusal);
    bool refuse_unread();
    void call_handler();
    void append_answer(bool keep_alive);
    void enter(Phase phase, Clock::time_point deadline);
    void close();
    const http::Limits& limits() const { return thread_->core().options.limits; }

    std::shared_ptr<IoThread> thread_;
    Socket socket_;
    const std::string address_;
    InputBuffer input_;
    std::string output_;
    std::size_t output_answers_ = 0;

    Phase phase_ = Phase::header;
    Clock::time_point deadline_ = Clock::time_point::max();
    bool timed_out_ = false;

    // The request in work.
    std::uint64_t number_ = 0;  ///< An answer with another number comes too late.
    std::shared_ptr<http::Request> request_;
    std::size_t header_size_ = 0;
    Clock::time_point header_deadline_{};
    Clock::time_point request_deadline_{};
    Clock::time_point header_complete_{};
    bool request_understood_ = false;
    bool client_keeps_alive_ = false;
    bool awaiting_answer_ = false;
    std::optional<http::Response> response_;
    std::move_only_function<void()> waiter_;  ///< Resumes the coroutine that waits for the answer.
};

}  // namespace annals::server
