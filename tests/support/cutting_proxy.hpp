#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

namespace annals::test {

/// Stands between a writer and PostgreSQL and breaks the connection at a chosen moment of the next append.
/// Knows just enough of the protocol for that: a Bind that names the statement "append", Sync and
/// ReadyForQuery.
class CuttingProxy {
public:
    enum class Cut : std::uint8_t {
        none,
        before_append,  ///< PostgreSQL never sees it
        after_append,   ///< PostgreSQL has all of it, the client gets no byte of the answer
        in_answer,      ///< the client gets only the first bytes of the answer
        late_append     ///< the client is cut off at once, PostgreSQL gets it on `release_late`
    };

    /// Goes to the server that the DSN names by a socket's folder or a host and port.
    explicit CuttingProxy(const std::string& dsn);
    ~CuttingProxy();
    CuttingProxy(const CuttingProxy&) = delete;
    CuttingProxy& operator=(const CuttingProxy&) = delete;

    /// The same DSN by way of the proxy.
    [[nodiscard]] std::string by_way(const std::string& dsn) const;

    /// Cuts the next append. With `in_answer` after so many bytes; an answer that is not longer arrives
    /// whole.
    void arm(Cut cut, std::size_t answer_bytes = 0);
    /// What is armed and did not happen; also disarms.
    Cut disarm();
    /// Appends that were cut so far.
    [[nodiscard]] std::size_t cuts() const { return cuts_; }
    /// Hands the append that was held back to PostgreSQL and waits until it has been dealt with.
    void release_late();

private:
    struct Link;

    void accept_all();
    void serve(Link& link);
    bool forward_request(Link& link);
    bool forward_answer(Link& link);
    [[nodiscard]] int connect_upstream() const;

    std::string host_;
    std::string port_;
    std::string folder_;
    int listener_{-1};

    std::mutex mutex_;
    std::condition_variable changed_;
    Cut armed_{Cut::none};
    std::size_t answer_bytes_{0};
    bool late_released_{false};
    std::size_t late_waiting_{0};
    bool stopping_{false};
    std::list<std::unique_ptr<Link>> links_;
    std::atomic<std::size_t> cuts_{0};
    std::thread acceptor_;
};

}  // namespace annals::test
