#pragma once

#include "domain/contract/event_line.hpp"
#include "projections/kernel/projection.hpp"
#include "projections/kernel/projection_store.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace annals {

inline constexpr std::size_t kDifferencesMax = 10;  ///< keys named for each table
inline constexpr std::size_t kFoldPageEvents = 1'000;

/// The query tables, checkpoints and the log at one instant, whatever is written meanwhile. Calls throw
/// ProjectionStoreUnavailable.
class ProjectionSnapshot : public LogReader {
public:
    virtual std::vector<Checkpoint> checkpoints() = 0;
    virtual std::vector<EventPlace> parked(std::string_view projection) = 0;
    /// What operators gave up of a projection, as the log says.
    virtual std::vector<EventPlace> skipped(std::string_view projection) = 0;
    /// Every row of a table, in any order.
    virtual void scan(
        const TableType& table, const std::function<void(const RowKey&, const void* row)>& visit
    ) = 0;
};

/// A realm with rows that differ.
struct RealmDifferences {
    TenantId tenant{};
    std::uint64_t rows{0};
};

/// How one table compares with what the log says it holds.
struct FoldResult {
    std::string projection;
    std::string table;
    std::uint64_t rows_expected{0};
    std::uint64_t rows_found{0};
    std::uint64_t differences{0};
    std::vector<RowKey> differing;         ///< the first kDifferencesMax, ordered
    std::vector<RealmDifferences> realms;  ///< those that differ, ordered
    std::uint64_t parked_events{0};        ///< left out of the fold, because they are not in the table either
    std::uint64_t skipped_events{0};       ///< given up by operators, and so left out as well
    [[nodiscard]] bool equal() const { return differences == 0; }
};

/// Called now and then with the number of events folded and how many there are.
using FoldProgress = std::function<void(std::uint64_t events, std::uint64_t of)>;

/// What one thread of a check reads with. All snapshots show the same instant.
struct FoldWorker {
    ProjectionSnapshot* snapshot{nullptr};
    contract::EventSealer* sealer{nullptr};
};

/// Folds the log up to each projection's checkpoints with the reducers of the projector and compares every
/// row. Each worker folds partitions of its own, then compares tables, on a thread of its own; `progress` is
/// called by one at a time. Holds all rows of the projections in memory. A line that cannot be read, and a
/// reducer that fails on an event that is not parked, count as a difference of the event's stream.
std::vector<FoldResult> check_folds(
    std::span<const ProjectionType* const> projections, std::span<const FoldWorker> workers,
    const FoldProgress& progress = {}, const contract::EventCatalogue& catalogue = contract::event_catalogue()
);
/// With one worker.
std::vector<FoldResult> check_folds(
    std::span<const ProjectionType* const> projections, ProjectionSnapshot& snapshot,
    contract::EventSealer* sealer, const FoldProgress& progress = {},
    const contract::EventCatalogue& catalogue = contract::event_catalogue()
);

}  // namespace annals
