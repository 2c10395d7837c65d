#pragma once

#include "domain/kernel/bounded.hpp"
#include "domain/kernel/text.hpp"

#include <cstdint>

namespace annals::operations {

/// A projection and its version as checkpoints name them: "projects.task@1".
using ProjectionName = Text<3, 100>;
/// Why an operator decided something, for whoever asks later.
using OperatorReason = Text<3, 500>;
using PartitionNumber = Bounded<0, 255>;
using EventNumber = Bounded<1, (std::int64_t{1} << 53) - 1>;

}  // namespace annals::operations
