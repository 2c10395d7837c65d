#pragma once

#include "infra/postgres/reconnecting.hpp"
#include "projections/kernel/projection_store.hpp"

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace annals::pg {

/// A process that says nothing for so long is taken for dead. By the database's clock.
inline constexpr std::chrono::milliseconds kLeaseTtl{3'000};
/// The same for one whose session has ended, as it does at once when a process is killed.
inline constexpr std::chrono::milliseconds kLeaseTtlWithoutSession{1'500};
/// What projectors tell each other when partitions become free or a process joins.
inline constexpr const char* kLeasesChannel = "annals_leases";

/// The name of the sessions in which a process projects, so that they can be ended when its
/// leases have expired.
std::string projector_session_name(std::string_view member);

struct LeaseRow {
    std::uint16_t partition{0};
    std::uint64_t epoch{0};
    std::string owner{};  ///< who had it last, living or not; empty when it was given up
};

/// Who lives, and who holds what.
struct LeaseView {
    std::vector<std::string> living;
    std::vector<LeaseRow> leases;  ///< one for each partition of the log, in order
};

/// Which processes live and who holds which partition, kept in proj.member and proj.lease. For one thread.
/// Everything throws PgError.
class PartitionLeases {
public:
    PartitionLeases(std::string dsn, std::string member);

    /// Says that this process lives, gives partitions up, and tells how things are. Tells the others when
    /// something changed for them.
    LeaseView beat(std::span<const std::uint16_t> given_up);
    /// Takes what is still as it was seen and belongs to nobody `living`, after ending the projecting
    /// sessions of the former owners: one that is only paused may hold locks. Answers what was taken.
    std::vector<PartitionLease> take(std::span<const LeaseRow> seen, std::span<const std::string> living);
    /// Gives up everything at once.
    void leave();
    /// Until another process tells something, `wake_fd` becomes readable or the time is over.
    void wait(int wake_fd, std::chrono::milliseconds how_long);

    void drop() { connection_.drop(); }

private:
    Connection& connection();

    std::string member_;
    Reconnecting connection_;
    std::uint64_t prepared_{0};  ///< the connection that listens and has the member's lock
};

}  // namespace annals::pg
