#pragma once

#include "infra/postgres/reconnecting.hpp"

#include <chrono>
#include <string>
#include <vector>

namespace annals::pg {

/// A process that says nothing for so long passes for dead. By the database's clock.
inline constexpr std::chrono::milliseconds kPeerTtl{3'000};

/// A process that decides commands, and where others reach it.
struct PeerRow {
    std::string member;
    std::string address;
    friend bool operator==(const PeerRow&, const PeerRow&) = default;
};

/// The API processes that live, kept in log.peer. For one thread. Everything throws PgError.
class PeerTable {
public:
    PeerTable(std::string dsn, PeerRow self);

    /// Says that this process lives, and tells who does, in order of their names. Tells the others when it is
    /// new.
    std::vector<PeerRow> beat();
    /// Takes this process off the list, and tells the others.
    void leave();
    /// Until another process tells something, `wake_fd` becomes readable or the time is over.
    void wait(int wake_fd, std::chrono::milliseconds how_long);

    void drop() { connection_.drop(); }

private:
    Connection& connection();

    PeerRow self_;
    Reconnecting connection_;
    std::uint64_t listening_{0};  ///< the connection that listens
};

}  // namespace annals::pg
