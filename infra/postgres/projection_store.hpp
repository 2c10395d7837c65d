#pragma once

#include "infra/postgres/table_statements.hpp"
#include "projections/kernel/fold_check.hpp"
#include "projections/kernel/projection_store.hpp"

#include <memory>
#include <string>
#include <vector>

namespace annals::pg {

/// The query tables as annals_engine. Each apply() tells kAppliedChannel (listener.hpp) the positions that
/// every projection has now, as Position::to_string(). Connects when it is first used and again after a loss.
/// The tables beside are for projections that are ProjectionType::beside(); nobody is told their positions.
std::unique_ptr<ProjectionStore> make_projection_store(std::string dsn, Tables tables = Tables::live);

/// The same for a process that projects under leases as this member; its sessions carry the member's name, so
/// that whoever takes its leases over can end them.
std::unique_ptr<ProjectionStore> make_leased_projection_store(std::string dsn, const std::string& member);

/// The log as annals_engine, on a connection of its own.
std::unique_ptr<LogReader> make_log_reader(std::string dsn);

/// Query tables and log as they are now, as annals_engine, for `annals verify`. Holds a transaction open as
/// long as it lives. Throws ProjectionStoreUnavailable.
std::unique_ptr<ProjectionSnapshot> make_projection_snapshot(const std::string& dsn);

/// Several of the same instant, for as many threads.
std::vector<std::unique_ptr<ProjectionSnapshot>> make_projection_snapshots(
    const std::string& dsn, std::size_t count
);

}  // namespace annals::pg
