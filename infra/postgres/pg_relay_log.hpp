#pragma once

#include "infra/kafka/relay_log.hpp"

#include <memory>
#include <string>

namespace annals::pg {

/// The log as the relay reads it, as annals_engine. Leadership is a session's advisory lock, so all reading
/// happens on the session that holds it: when it breaks, so does every call until acquire_leadership() made a
/// new one.
std::unique_ptr<kafka::RelayLog> make_pg_relay_log(std::string dsn);

/// The log as a tool reads it, on a connection of its own that leads nothing. Throws PgError.
std::unique_ptr<kafka::LogPages> open_log_pages(const std::string& dsn);

}  // namespace annals::pg
