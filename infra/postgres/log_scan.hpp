#pragma once

#include "domain/kernel/epochs.hpp"
#include "domain/kernel/ids.hpp"
#include "domain/kernel/time.hpp"
#include "infra/postgres/connection.hpp"

#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace annals::pg {

/// What a scan reads first.
struct LogOutline {
    std::vector<std::uint64_t> heads;   ///< index = partition
    std::vector<std::uint32_t> epochs;  ///< of what is appended next; index = partition
    EpochHistory history;
    /// A partition that has events but stands in no table of partitions, if there is one.
    std::optional<int> stray_partition;
};

/// The positions of one partition that are greater than `after` and at most `upto`.
struct ScanRange {
    std::uint16_t partition{0};
    std::int64_t after{std::numeric_limits<std::int64_t>::min()};
    std::int64_t upto{std::numeric_limits<std::int64_t>::max()};
};

/// An event as its row has it. The views live as long as the call they are handed to.
struct ScannedEvent {
    std::uint64_t position{0};
    EventId event_id{};
    TenantId tenant{};
    std::uint64_t tenant_position{0};
    Uuid stream{};
    StreamVersion version{0};
    Instant effective_at{};
    Instant recorded_at{};
    Uuid actor_id{};
    CommandId command{};
    std::optional<Uuid> causation{};
    Uuid correlation{};
    std::string_view category;
    std::string_view type;
    std::string_view actor_kind;
    std::string_view leaf_hash;  ///< bytes
    std::string_view line;
    std::int16_t schema_version{0};
    std::uint16_t partition{0};
};

/// A session in the snapshot of a scan. For one thread.
class ScanReader {
public:
    ScanReader(const std::string& dsn, const std::string& snapshot);

    /// Hands over the events of the range in the order of their positions. Reads them as a stream, so memory
    /// stays small however long the range is. Throws PgError, and what `event` throws; after that the reader
    /// is of no use.
    void read(const ScanRange& range, const std::function<void(const ScannedEvent&)>& event);

private:
    Connection connection_;
};

/// One snapshot of the log for several readers. Throws PgError.
class LogScan {
public:
    explicit LogScan(std::string dsn);

    [[nodiscard]] const LogOutline& outline() const { return outline_; }
    /// Any thread, for as long as the scan lives.
    [[nodiscard]] ScanReader open_reader() const { return {dsn_, snapshot_}; }

private:
    std::string dsn_;
    Connection connection_;
    LogOutline outline_;
    std::string snapshot_;
};

}  // namespace annals::pg
