#pragma once

#include "infra/postgres/peer_table.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace annals::pg {

inline constexpr std::chrono::milliseconds kPeerHeartbeat{1'000};
/// While PostgreSQL is away, what was known holds for so long; then nobody is known.
inline constexpr std::chrono::milliseconds kPeersBelieved{10'000};

/// A thread with a connection of its own that says every kPeerHeartbeat that this process decides commands,
/// and finds out who else does.
class PeerDirectory {
public:
    /// `changed` is called on the directory's thread with all who live, this process among them, whenever
    /// they are others than before; it must be quick.
    PeerDirectory(
        std::string dsn, PeerRow self, std::function<void(const std::vector<PeerRow>& living)> changed
    );
    /// As stop().
    ~PeerDirectory();
    PeerDirectory(const PeerDirectory&) = delete;
    PeerDirectory& operator=(const PeerDirectory&) = delete;

    void start();
    /// Takes this process off the list, so that the others stop sending, and ends the thread.
    void stop();
    /// The same, but waits no longer than this. True when the process is off the list.
    bool stop_within(std::chrono::milliseconds limit);

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace annals::pg
