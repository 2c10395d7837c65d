#pragma once

#include "infra/postgres/connection.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace annals::pg {

/// A connection that is made when it is needed and made again after it was lost. After a failed attempt the
/// next one waits, twice as long each time up to kReconnectMaxMs; meanwhile get() fails at once instead of
/// blocking its thread.
class Reconnecting {
public:
    Reconnecting(std::string dsn, const SessionSettings& settings);

    /// A usable connection, or PgError{cannot_connect}.
    Connection& get();
    void drop() { connection_.reset(); }
    /// How many connections were made. Another number is another session, in which nothing was said yet; a
    /// server that restarts may give the same process id again.
    [[nodiscard]] std::uint64_t connections() const { return connections_; }

private:
    std::string dsn_;
    SessionSettings settings_;
    std::optional<Connection> connection_;
    std::uint64_t connections_{0};
    std::int64_t delay_ms_{0};
    std::chrono::steady_clock::time_point not_before_{};
    std::string last_error_;
};

}  // namespace annals::pg
