#pragma once

#include "commands/kernel/command_bus.hpp"
#include "infra/runtime/metrics.hpp"
#include "infra/runtime/worker_pool.hpp"

namespace annals::app {

/// What the command bus and the workers of this process did since it started.
void update_command_metrics(
    const CommandStats& stats, const runtime::WorkerPool& workers, runtime::Metrics& into
);

}  // namespace annals::app
