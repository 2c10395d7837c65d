#pragma once

#include "domain/operations/commands.hpp"
#include "infra/crypto/system_cryptography.hpp"
#include "infra/runtime/config.hpp"
#include "projections/kernel/projection.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace annals::app {

/// The projection of this name, with or without "@version"; null after a message to standard error when there
/// is none.
const ProjectionType* projection_named(const std::string& name);

/// Sends the command through a bus of its own and waits until it is durable. Throws std::runtime_error with
/// the rejection.
void record_skip(
    const runtime::Config& config, Cryptography& cryptography, const operations::SkipParkedEvent& command
);

}  // namespace annals::app
