#pragma once

#include "projections/kernel/projection_store.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace annals::projector {

inline constexpr std::chrono::milliseconds kHeartbeat{1'000};

/// A name that no other process has, now or later: "HOST:PID:RANDOM".
std::string make_member_name();

/// What this process may project.
struct LeasesHeld {
    std::uint64_t revision{0};           ///< rises with each change of the rest
    std::vector<PartitionLease> leases;  ///< to be projected, in order of partition
    std::set<std::uint16_t>
        give_up;  ///< still ours, but another process waits for them: stop, then given_up()
};

/// A thread with a connection of its own that keeps this process's share of the partitions leased: it says
/// every kHeartbeat that the process lives, takes what is free or expired up to an even share, and gives up
/// what is too much. When PostgreSQL is away it waits and goes on; meanwhile held() stays as it was, and the
/// database fences whoever is wrong.
class LeaseKeeper {
public:
    LeaseKeeper(std::string dsn, std::string member);
    /// As stop().
    ~LeaseKeeper();
    LeaseKeeper(const LeaseKeeper&) = delete;
    LeaseKeeper& operator=(const LeaseKeeper&) = delete;

    /// `changed` is called on the keeper's thread whenever held() has changed; it must be quick.
    void start(std::function<void()> changed);
    /// Gives up everything, so that others take over at once, and ends the thread.
    void stop();

    /// Any thread.
    [[nodiscard]] LeasesHeld held() const;
    [[nodiscard]] const std::string& member() const;
    /// Nothing is written in these partitions any more. Any thread.
    void given_up(const std::set<std::uint16_t>& partitions);
    /// Beats at once, because something seems to have changed. Any thread.
    void look();

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace annals::projector
