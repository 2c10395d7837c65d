#pragma once

#include "infra/postgres/connection.hpp"
#include "projections/kernel/projection.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace annals::pg {

/// The tables beside cannot be made, exchanged or dropped as things are. One line that says what to do.
class BesideError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// What stands beside the live tables of a projection.
struct BesideCopy {
    std::uint16_t version{1};
    bool former{false};  ///< these were the live tables before the last switch
};

/// One realm's rows of a table, live and beside.
struct RealmDifference {
    TenantId tenant{};
    std::uint64_t live_rows{0};
    std::uint64_t beside_rows{0};
};
struct TableComparison {
    std::string table;
    std::uint64_t live_rows{0};
    std::uint64_t beside_rows{0};
    std::uint64_t realms{0};
    std::uint64_t realms_differing{0};
    std::vector<RealmDifference> differing;  ///< the first kDifferingMax
    std::vector<std::string> rows;           ///< ids of the first rows that differ
};
inline constexpr std::size_t kDifferingMax = 10;

/// A transaction whose snapshot shows live tables and copy at the positions that `begin` found.
class Comparison {
public:
    explicit Comparison(const std::string& engine_dsn);
    /// Takes the snapshot now.
    void begin();
    TableComparison compare(const TableType& table);

private:
    Connection connection_;
};

/// The tables beside as their owner, who alone may make, exchange and drop tables. Not thread-safe; calls
/// throw PgError and BesideError.
class BesideTables {
public:
    /// Becomes annals_owner.
    explicit BesideTables(const std::string& owner_dsn);

    std::optional<BesideCopy> copy(std::string_view projection);
    /// The version whose checkpoints are the live ones; nothing before the first projector ran.
    std::optional<std::uint16_t> live_version(std::string_view projection);

    /// Makes the tables that are missing and remembers the copy.
    void create(const ProjectionType& type);
    void add_indexes(const ProjectionType& type);
    /// With its checkpoints and parked events.
    void drop(const ProjectionType& type, std::uint16_t version);
    [[nodiscard]] bool same_shape(const ProjectionType& type);

    /// Positions by partition.
    using Positions = std::vector<std::uint64_t>;
    Positions positions(std::string_view checkpoint);
    /// Stops the live checkpoints where they are while `use` runs; it gets their positions. False when
    /// somebody else holds them for longer than kHoldMs.
    bool hold(std::string_view live, const std::function<bool(const Positions&)>& use);
    /// The same, then exchanges tables, checkpoints and parked events in that transaction. False when `use`
    /// said so, or a reader kept a table for longer than `lock_ms`: nothing was changed.
    bool swap(
        const ProjectionType& type, std::uint16_t live, std::uint16_t beside, int lock_ms,
        const std::function<bool(const Positions&)>& use
    );

private:
    Positions lock_checkpoints(std::string_view live);
    void exchange_rows(const std::string& name, std::uint16_t live, std::uint16_t beside);

    Connection connection_;
};

/// Below deadlock_timeout, so that a projector that locks the same rows in another order is never the victim.
inline constexpr int kHoldMs = 700;

}  // namespace annals::pg
