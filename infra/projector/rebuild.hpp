#pragma once

#include "domain/contract/event_line.hpp"
#include "infra/postgres/beside_tables.hpp"
#include "projections/kernel/projection.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace annals::projector {

inline constexpr std::size_t kRebuildWorkersDefault = 2;
inline constexpr std::size_t kRebuildWorkersMax = 64;
inline constexpr std::size_t kRebuildPageEvents = 4'000;  ///< read, reduced and committed together
/// What the live tables may be ahead when they are stopped for the last step.
inline constexpr std::uint64_t kLastStepEventsMax = 500;
inline constexpr std::size_t kLastStepAttemptsMax = 40;

struct RebuildProgress {
    std::string_view phase;  ///< fill, index, catch_up, compare, switch
    std::uint64_t events{0};
    std::uint64_t of{0};
    double events_per_s{0};
    std::optional<std::int64_t> eta_s{};
};

struct RebuildSettings {
    std::string engine_dsn;
    std::string owner_dsn;
    std::size_t workers{kRebuildWorkersDefault};
    /// Opens sealed data; called once for each worker and used by its thread alone. May answer null.
    std::function<std::shared_ptr<contract::EventSealer>()> make_sealer;
    std::function<void(const RebuildProgress&)> progress;  ///< at most once a second in a phase
};

struct RebuildComparison {
    bool comparable{false};  ///< false: version or shape changed, so the rows may well differ
    std::vector<pg::TableComparison> tables;
    [[nodiscard]] bool equal() const;
};

/// Builds the query tables of one projection anew from the log, beside the live ones, and exchanges both.
/// While an object lives, no other operator's command works on the projection. Ending at any moment, also by
/// kill -9, leaves either the old or the new tables live, and build() goes on where it was. Calls throw
/// pg::BesideError, pg::PgError, ProjectionStoreUnavailable.
class Rebuild {
public:
    Rebuild(const ProjectionType& type, RebuildSettings settings);
    ~Rebuild();
    Rebuild(const Rebuild&) = delete;
    Rebuild& operator=(const Rebuild&) = delete;

    /// Makes the copy, or goes on with it, up to where the live tables are. Answers the events it read.
    std::uint64_t build();
    /// Row counts and hashes of each realm, both at the same positions of the log.
    RebuildComparison compare();
    /// The copy becomes live and the live tables become the copy. They stay until drop().
    void switch_over();
    /// Brings the former tables up to date and makes them live again.
    void switch_back();
    void drop();

private:
    struct Worker;

    void require_copy(bool former);
    void open_workers();
    void report(std::string_view phase, std::uint64_t events, std::uint64_t of, double rate) const;
    /// Applies to the copy what is missing up to these positions, no further.
    void fill(const pg::BesideTables::Positions& targets, std::string_view phase);
    void catch_up(std::string_view phase);
    [[nodiscard]] std::uint64_t behind(const pg::BesideTables::Positions& targets) const;
    void at_equal_positions(
        const std::function<bool(const std::function<bool(const pg::BesideTables::Positions&)>&)>& step
    );
    void exchange();
    [[nodiscard]] std::string live_name() const;

    ProjectionType type_;  ///< of the copy
    RebuildSettings settings_;
    pg::Connection lock_;
    pg::BesideTables tables_;
    std::uint16_t live_version_{1};
    std::vector<std::unique_ptr<Worker>> workers_;
    std::uint64_t events_{0};
};

}  // namespace annals::projector
