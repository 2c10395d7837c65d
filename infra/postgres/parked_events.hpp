#pragma once

#include "infra/postgres/connection.hpp"
#include "projections/kernel/projection_lag.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace annals::pg {

inline constexpr std::chrono::milliseconds kProjectionPatience{5'000};

/// Of a row that begins with projection, partition, position, tenant_id, stream_id, event_type, code and
/// detail of proj.parked.
ParkedEvent parked_event(const Rows& rows, std::size_t row);

std::vector<ParkedEvent> parked_events(const Rows& rows);

/// The parked events of all projections in order of projection, partition and position, at most `limit`. As
/// annals_engine. Throws PgError.
std::vector<ParkedEntry> read_parked(Connection& connection, std::size_t limit);

/// The parked event of a projection at a position of a partition; nothing when it is not parked there.
struct ParkedHead {
    ParkedEntry entry;
    std::uint64_t before{0};  ///< parked events of the same stream that stand before it
};
std::optional<ParkedHead> find_parked(
    Connection& connection, std::string_view projection, std::uint16_t partition, std::uint64_t position
);

/// The events that operators gave up for a projection, as the log says. The copy beside has those of the live
/// one.
std::vector<EventPlace> read_skipped(Connection& connection, std::string_view projection);

/// Keeps others who work on a projection (operators' commands, a projector that takes up parked events) away
/// while the session lives, or until it is unlocked as often as it was locked. False: one is at work.
bool lock_projection(Connection& connection, std::string_view projection);
/// The same for commands, which wait for kProjectionPatience: a projector holds it for moments only.
bool lock_projection_soon(Connection& connection, std::string_view projection);
void unlock_projection(Connection& connection, std::string_view projection);

}  // namespace annals::pg
