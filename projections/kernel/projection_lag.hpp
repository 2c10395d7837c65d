#pragma once

#include "domain/kernel/time.hpp"
#include "projections/kernel/projection_store.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace annals {

/// A checkpoint that has not moved for so long, with events this old before it, is stuck.
inline constexpr std::int64_t kStuckAfterUs = 10'000'000;

enum class LagState : std::uint8_t {
    idle,      ///< everything is applied
    applying,  ///< behind, and moving or only just behind
    stuck  ///< behind, and nothing has moved for kStuckAfterUs: nobody projects, or it fails again and again
};
std::string_view to_string(LagState state);

/// How far one projection is in one partition. Times are the database's; an event that was recorded by a
/// process whose clock runs ahead counts as recorded now.
struct ProjectionLag {
    std::string projection{};  ///< checkpoint name
    std::uint16_t partition{0};
    std::uint64_t position{0};      ///< applied; 0 where there is no checkpoint yet
    std::uint64_t head{0};          ///< of the log
    std::int64_t lag_us{0};         ///< age of the oldest event that is not applied yet; 0 when idle
    std::int64_t since_move_us{0};  ///< since the checkpoint moved last
    Instant watermark{};            ///< everything recorded before this is applied; moves on an idle log too
    LagState state{LagState::idle};
    std::string owner{};  ///< the living process that has leased the partition, or empty
};

/// How many events a projection could not apply.
struct ParkedSummary {
    std::string projection;
    std::uint64_t streams{0};
    std::uint64_t events{0};
    std::int64_t oldest_us{0};  ///< age of the one that was parked first
};

/// A parked event as operators see it.
struct ParkedEntry {
    ParkedEvent event;
    Position position{};  ///< with the epoch it was written in
    std::uint64_t attempts{0};
    std::int64_t age_us{0};  ///< since it was parked
};

struct ProjectionProgress {
    std::vector<ProjectionLag> lags;    ///< by projection and partition, one for each
    std::vector<ParkedSummary> parked;  ///< only projections that have some
};

/// What follows from the measured numbers.
LagState lag_state(
    std::uint64_t position, std::uint64_t head, std::int64_t lag_us, std::int64_t since_move_us
);

/// The partition that is furthest behind in time; nothing behind is the first idle one. Null when empty.
const ProjectionLag* worst(std::span<const ProjectionLag> lags);

/// Asks how far projections are. Any thread. All of it throws ProjectionStoreUnavailable.
class ProjectionProgressReader {
public:
    virtual ~ProjectionProgressReader() = default;
    /// Of these projections (checkpoint names).
    virtual ProjectionProgress read(std::span<const std::string> projections) = 0;
    /// The checkpoint names of the copies that stand beside live tables, in order.
    virtual std::vector<std::string> copies() = 0;
    /// The parked events of all projections in order of projection, partition and position, at most `limit`.
    virtual std::vector<ParkedEntry> parked(std::size_t limit) = 0;
};

}  // namespace annals
