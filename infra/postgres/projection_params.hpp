#pragma once

#include "infra/postgres/params.hpp"
#include "projections/kernel/projection_store.hpp"

#include <span>

namespace annals::pg {

/// What a projection batch is as parameters of its statements (projection_store.cpp).
Params move_params(std::span<const CheckpointMove> moves);
/// The keys of parked events, or with `whole` all that is kept of them.
Params park_params(std::span<const ParkedEvent> events, bool whole);
Params notify_params(std::span<const Position> positions);

}  // namespace annals::pg
