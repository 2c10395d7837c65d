#include "infra/postgres/reconnecting.hpp"

#include "infra/postgres/limits.hpp"
#include "infra/runtime/log.hpp"

#include <algorithm>
#include <utility>

namespace annals::pg {

using std::chrono::steady_clock;

Reconnecting::Reconnecting(std::string dsn, const SessionSettings& settings)
    : dsn_(std::move(dsn)), settings_(settings) {}

Connection& Reconnecting::get() {
    if (connection_ && connection_->usable()) return *connection_;
    connection_.reset();
    if (steady_clock::now() < not_before_) throw PgError(last_error_, {.kind = ErrorKind::cannot_connect});
    try {
        connection_.emplace(dsn_, settings_);
        ++connections_;
        delay_ms_ = 0;
        return *connection_;
    } catch (const PgError& error) {
        if (delay_ms_ == 0) {
            runtime::log(
                runtime::Level::warning, "PG-2f6d", "PostgreSQL cannot be reached",
                {{"session", settings_.application_name}, {"error", error.what()}}
            );
        }
        delay_ms_ = std::clamp(delay_ms_ * 2, kReconnectMinMs, kReconnectMaxMs);
        not_before_ = steady_clock::now() + std::chrono::milliseconds(delay_ms_);
        last_error_ = error.what();
        throw;
    }
}

}  // namespace annals::pg
