#pragma once

#include "api/kernel/route.hpp"

#include <vector>

namespace annals::operations {

/// What the platform's administrator may see of projections.
std::vector<api::Route> projection_routes();

}  // namespace annals::operations
