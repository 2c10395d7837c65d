#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace annals::pg {

inline constexpr const char* kAppliedChannel = "annals_applied";

/// Hears what projectors of other processes tell (NOTIFY) on a connection and a thread of its own. An empty
/// payload means that a new connection listens now: whatever was told before may have been missed, so look
/// for yourself. The callback runs on the listener's thread and may throw PgError, when looking failed: the
/// listener waits, longer each time up to kReconnectMaxMs, connects anew and calls it again with an empty
/// payload. It must throw nothing else. The destructor stops the thread.
class Listener {
public:
    using Callback = std::function<void(std::string_view payload)>;

    Listener(std::string dsn, Callback callback, const std::string& channel = kAppliedChannel);
    ~Listener();
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;

    void stop();

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace annals::pg
