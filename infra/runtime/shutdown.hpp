#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

namespace annals::runtime {

/// Turns SIGINT and SIGTERM into a request to stop that the main thread waits for. A second signal ends the
/// process at once with exit code 128 + signal. SIGPIPE is ignored: writing to a closed connection is an
/// error code, not a death.
///
/// Make exactly one, in main, before any other thread starts: threads inherit the blocked signals, and one
/// that does not would take the signal and die of it.
class ShutdownSignals {
public:
    ShutdownSignals();
    /// Unblocks the signals again.
    ~ShutdownSignals();
    ShutdownSignals(const ShutdownSignals&) = delete;
    ShutdownSignals& operator=(const ShutdownSignals&) = delete;

    /// Waits for the first signal or request(). The signal's number, or 0 for a request.
    int wait();
    /// The same for at most `limit`; nothing when none came.
    std::optional<int> wait_for(std::chrono::milliseconds limit);
    [[nodiscard]] bool requested() const;
    /// Asks to stop as a signal would: for a component that cannot go on. Any thread.
    void request();

private:
    void watch();
    void note(int signal);

    int signal_fd_;
    int wake_fd_;
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::optional<int> stop_cause_;
    std::thread watcher_;
};

}  // namespace annals::runtime
