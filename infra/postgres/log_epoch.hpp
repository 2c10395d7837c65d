#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace annals::pg {

inline constexpr std::size_t kEpochReasonBytesMax = 1'000;

struct RaisedEpoch {
    std::uint32_t epoch{0};
    std::vector<std::uint64_t> after;  ///< the heads at that moment; index = partition
};

/// Raises the epoch of all partitions at once, to the one after both the log's and `above`, and keeps time
/// and reason in log.epoch. Safe while the log is served: it waits for the appends that hold a head, and
/// every append compares the epoch of its lines with the head's, so that what was decided in the old epoch
/// is decided again. Needs the owner's DSN. Throws std::runtime_error for a missing or too long reason or a
/// log without partitions, and PgError.
RaisedEpoch raise_epoch(const std::string& owner_dsn, const std::string& reason, std::uint32_t above = 0);

}  // namespace annals::pg
