#pragma once

#include "domain/kernel/ids.hpp"
#include "infra/postgres/connection.hpp"

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <optional>
#include <span>
#include <utility>

namespace annals::pg {

/// At most so many reads go together: enough to share the round trip, few enough that the first of them does
/// not wait long for the last.
inline constexpr std::size_t kSharedReadsMax = 16;

/// Short reads of several threads, in one round trip: a round trip costs PostgreSQL and us as much as what
/// such a read does. (Tasks by id under 64 connections: 21 instead of 40 µs of PostgreSQL for each, 22,400
/// instead of 20,400 a second.) While the allowed number of groups is under way, whoever comes waits; one of
/// those who waited then runs the reads of all of them ("flat combining", Hendler, Incze, Shavit and Tzafrir,
/// 2010). Thread-safe.
class SharedReads {
public:
    class Read {
    public:
        Read(TenantId realm, const Statement& what, const Params& values)
            : tenant(realm), statement(what), params(values) {}

        const TenantId tenant;
        const Statement& statement;
        const Params& params;
        // Set by the run of its group, one of both.
        std::optional<Rows> rows{};
        std::exception_ptr failure{};

    private:
        friend class SharedReads;
        bool leads_{false};  ///< its thread runs the next group
        bool taken_{false};  ///< by a group that runs
        bool done_{false};   ///< its group has run
        std::condition_variable woken_{};
    };
    /// Runs a group: sets rows or failure of each. Called by one of the waiting threads; must not throw.
    using Run = std::function<void(std::span<Read* const>)>;

    /// A read that no group took within `wait_max` is given up.
    SharedReads(std::size_t groups_max, std::chrono::milliseconds wait_max, Run run)
        : groups_max_(groups_max), wait_max_(wait_max), run_(std::move(run)) {}

    /// Blocks until the read was run, alone or with others. Nothing when it was given up; throws what `run`
    /// left as its failure.
    std::optional<Rows> read(Read& read);
    /// Reads that wait for a group to end.
    [[nodiscard]] std::size_t waiting() const;

private:
    bool wait_for_group(std::unique_lock<std::mutex>& lock, Read& read);
    void run_group(std::unique_lock<std::mutex>& lock, Read& leader);
    void hand_on();

    const std::size_t groups_max_;
    const std::chrono::milliseconds wait_max_;
    const Run run_;
    mutable std::mutex mutex_;
    std::deque<Read*> waiting_;  ///< empty unless groups_max_ groups are under way
    std::size_t groups_{0};
};

}  // namespace annals::pg
