#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace annals::kafka {

/// A real broker has transactions, fencing and an admin API. The embedded one (librdkafka's in-process
/// broker) has none of them: it answers "ok" to transactions and does nothing, so it gets an idempotent
/// producer instead.
enum class BrokerKind { real, embedded };

[[nodiscard]] constexpr std::string_view to_string(BrokerKind kind) {
    return kind == BrokerKind::real ? "real" : "embedded";
}

struct BrokerAddress {
    BrokerKind kind{BrokerKind::real};
    std::string bootstrap;  ///< "HOST:PORT[,HOST:PORT...]"
};

inline constexpr std::string_view kEventsTopic = "annals.events";

inline constexpr std::chrono::milliseconds kTransactionTimeout{60'000};

/// The largest line the relay sends. Kafka's defaults take 1 MB of record batch; the rest is room for key and
/// headers. The log must not accept a longer line: it could never be published and would hold up its
/// partition for ever.
inline constexpr std::size_t kLineBytesMax = 900'000;

}  // namespace annals::kafka
