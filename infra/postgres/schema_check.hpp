#pragma once

#include <cstdint>
#include <string>

namespace annals::pg {

enum class ServerRole : std::uint8_t { engine, api };

/// Refuses, with runtime::ConfigError and one line that says what to do, a database whose schema is not this
/// binary's, whose role could step over row-level security or change the schema, or that could lose an
/// acknowledged commit. Throws PgError when the server cannot be reached. Call it once for each DSN before
/// serving.
void check_database(const std::string& dsn, ServerRole role);

/// The number of partitions the log was made with.
std::uint16_t log_partitions(const std::string& dsn);

}  // namespace annals::pg
