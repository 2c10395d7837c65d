#pragma once

#include "projections/kernel/projection_lag.hpp"

#include <memory>
#include <string>

namespace annals::pg {

/// Reads as annals_engine on a connection of its own, made when it is first used.
std::unique_ptr<ProjectionProgressReader> make_projection_progress_reader(std::string dsn);

}  // namespace annals::pg
