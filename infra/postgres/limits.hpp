#pragma once

#include <cstddef>
#include <cstdint>

namespace annals::pg {

// Every wait for PostgreSQL ends. Session timeouts are enforced by the server; the reply margin is what the
// client waits longer, for a server that no longer enforces anything (stopped, or cut off behind a live
// kernel).

inline constexpr int kConnectTimeoutS = 5;
inline constexpr int kTcpUserTimeoutMs = 20'000;
inline constexpr int kKeepalivesIdleS = 10;
inline constexpr int kKeepalivesIntervalS = 5;
inline constexpr int kKeepalivesCount = 3;
inline constexpr std::int64_t kReplyMarginMs = 5'000;
/// How long a client waits for a statement that the server may run without a limit (migrations).
inline constexpr std::int64_t kUnlimitedReplyMs = 24LL * 3600 * 1000;

inline constexpr int kAppendStatementTimeoutMs = 10'000;
inline constexpr int kQueryStatementTimeoutMs = 5'000;
inline constexpr int kRelayStatementTimeoutMs = 15'000;
inline constexpr int kProjectorStatementTimeoutMs = 60'000;
/// Of a piece of the log that `annals verify` reads, however slow the disk.
inline constexpr int kScanStatementTimeoutMs = 600'000;
inline constexpr int kLockTimeoutMs = 2'000;
inline constexpr int kMigrationLockTimeoutMs = 10'000;
inline constexpr int kIdleInTransactionTimeoutMs = 10'000;
/// A writer that holds heads and stands still (its process is stopped, its network cut) loses its session,
/// and with it the heads, before others that queue for them give up at kLockTimeoutMs or
/// refuse what waits behind them (queue_stall_ms_max).
inline constexpr int kHeldHeadsIdleMs = 400;
static_assert(kHeldHeadsIdleMs < kLockTimeoutMs);

/// Delay before a connection is tried again: doubles from the first to the second.
inline constexpr std::int64_t kReconnectMinMs = 50;
inline constexpr std::int64_t kReconnectMaxMs = 2'000;

inline constexpr std::size_t kQueryConnectionsMax = 8;
inline constexpr std::int64_t kCheckoutWaitMs = 2'000;

/// Of one append: far above what the command bus collects, far below what PostgreSQL could not take any more.
inline constexpr std::size_t kAppendEventsMax = 10'000;

inline constexpr std::uint16_t kPartitionsDefault = 8;
inline constexpr std::uint16_t kPartitionsMax = 256;

}  // namespace annals::pg
