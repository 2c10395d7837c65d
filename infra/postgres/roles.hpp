#pragma once

#include "infra/postgres/connection.hpp"

#include <cstdint>
#include <functional>
#include <string>

namespace annals::pg {

inline constexpr const char* kOwnerRole = "annals_owner";    ///< owns the schemas, runs migrations
inline constexpr const char* kEngineRole = "annals_engine";  ///< writer, relay, projector
inline constexpr const char* kApiRole = "annals_api";        ///< queries, under row-level security

/// Makes the three roles where they are missing, gives annals_owner its right on this database and becomes
/// it. Throws MigrateError, with the statements an administrator has to run, when the session's user may not.
void ensure_roles(Connection& connection, const std::function<void(const std::string&)>& progress);

}  // namespace annals::pg
