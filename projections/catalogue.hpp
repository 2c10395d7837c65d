#pragma once

#include "projections/kernel/projection.hpp"

#include <span>

namespace annals {

/// All projections of the product.
std::span<const ProjectionType* const> projection_catalogue();

}  // namespace annals
