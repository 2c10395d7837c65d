#pragma once

#include "infra/postgres/table_statements.hpp"
#include "projections/kernel/fold_check.hpp"
#include "projections/kernel/projection_store.hpp"

#include <memory>
#include <string>

namespace annals::pg {

/// The query tables as annals_engine. Each apply() tells kAppliedChannel (listener.hpp) the positions that
/// every projection has now, as Position::to_string(). Connects when it is first used and again after a loss;
/// leadership is a lock of the session and is lost with it.
/// The tables beside are for projections that are ProjectionType::beside(); nobody is told their positions.
std::unique_ptr<ProjectionStore> make_projection_store(std::string dsn, Tables tables = Tables::live);

/// The log as annals_engine, on a connection of its own.
std::unique_ptr<LogReader> make_log_reader(std::string dsn);

/// Query tables and log as they are now, as annals_engine, for `annals verify`. Holds a transaction open as
/// long as it lives. Throws ProjectionStoreUnavailable.
std::unique_ptr<ProjectionSnapshot> make_projection_snapshot(const std::string& dsn);

}  // namespace annals::pg
