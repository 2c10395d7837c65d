#pragma once

#include <span>

#include "projections/kernel/projection.hpp"

namespace annals {

/// All projections of the product.
std::span<const ProjectionType* const> projection_catalogue();

}  // namespace annals
