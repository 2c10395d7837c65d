#pragma once

#include "api/kernel/command_peers.hpp"
#include "api/server/asio_types.hpp"
#include "api/server/input_buffer.hpp"
#include "api/server/peer_answer_reader.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace annals::server {

class PeerLink;

/// A command on its way, and who waits for its answer.
struct PeerItem {
    std::string text;
    api::PeerCompletion done;
    Clock::time_point since{};
};

/// One connection to a peer, made again whenever it breaks: a coroutine that connects, proves that the peer
/// takes commands, and reads answers. Has one bundle under way at a time. On the I/O thread only; lives as
/// long as its link.
class PeerConnection {
public:
    explicit PeerConnection(PeerLink& link);

    void start();
    /// It has answered, and nothing since has made that doubtful.
    [[nodiscard]] bool proven() const { return proven_; }
    /// Whether a bundle can be sent.
    [[nodiscard]] bool free() const { return proven_ && state_ == State::idle && !ending_; }
    [[nodiscard]] bool ended() const { return ended_; }
    void send(std::vector<PeerItem> items);
    /// Has to prove again that it works.
    void doubt();
    /// Ends when its bundle is answered; with `force` at once.
    void end(bool force);
    /// Ends what has outlived its deadline, and tries what was idle for long.
    void check(Clock::time_point now);

private:
    enum class State : std::uint8_t { away, connecting, probing, idle, busy };

    Awaitable<void> run();
    Awaitable<bool> connect();
    Awaitable<void> read_answers();
    Awaitable<void> pause();
    bool take_answers();
    bool take_answer(const PeerHttpAnswer& answer);
    bool deliver(const PeerHttpAnswer& answer);
    void probe();
    void post(State state, const std::string& body);
    void write(std::string text);
    void write_rest(std::size_t sent);
    void break_off();
    void lose(api::PeerAnswer::Outcome outcome);
    void close();

    PeerLink& link_;
    Socket socket_;
    Timer pause_timer_;
    InputBuffer input_;
    std::string output_;
    std::vector<PeerItem> bundle_;
    State state_ = State::away;
    Clock::time_point deadline_ = Clock::time_point::max();
    Clock::time_point used_at_{};
    std::uint64_t generation_ = 0;  ///< Which of its connections it is; a late end of a write belongs to one.
    bool writing_ = false;
    bool proven_ = false;
    bool refused_ = false;  ///< The last probe was; said once.
    bool ending_ = false;
    bool ended_ = false;
};

}  // namespace annals::server
