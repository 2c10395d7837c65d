#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string_view>

namespace annals::pg {

class PgError;

/// A thread that says in regular times that its process lives, over a connection of its own; what it says,
/// and to whom, are its parts. When PostgreSQL is away it tries again soon and goes on.
class Heartbeat {
public:
    struct Parts {
        std::string_view thread_name;
        std::chrono::milliseconds interval;
        std::function<void()> beat;  ///< may throw PgError
        /// Until others tell something, the descriptor becomes readable, or the time is over. May throw
        /// PgError.
        std::function<void(int wake_fd, std::chrono::milliseconds how_long)> wait;
        std::function<void()> drop;                  ///< the connection is of no use any more
        std::function<void()> leave;                 ///< the last thing; may throw PgError
        std::function<void(const PgError&)> failed;  ///< a beat, the first one after one that did not
        std::function<void(const PgError&)> stayed;  ///< leaving failed
    };

    explicit Heartbeat(Parts parts);
    /// As stop().
    ~Heartbeat();
    Heartbeat(const Heartbeat&) = delete;
    Heartbeat& operator=(const Heartbeat&) = delete;

    void start();
    /// Leaves and ends the thread.
    void stop();
    /// Begins to stop, and waits for its end no longer than this: PostgreSQL may hang. True when it has
    /// ended.
    bool stop_within(std::chrono::milliseconds limit);
    /// Beats at once. Any thread.
    void look();

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace annals::pg
