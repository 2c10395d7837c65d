#pragma once

#include "api/http/dispatcher.hpp"
#include "api/kernel/services.hpp"
#include "infra/runtime/metrics.hpp"

#include <atomic>
#include <functional>
#include <string>
#include <vector>

namespace annals::app {

/// One thing that has to be well. `detail` is one line for an operator.
struct Check {
    std::string name;
    bool ok{false};
    std::string detail;
};

/// What health answers are made of. Everything is called on worker threads.
struct HealthSources {
    std::function<Check()> database;
    std::function<std::vector<Check>()> broker;  ///< relay and projector, as far as they run here
    std::function<void(runtime::Metrics&)> update_metrics;
    std::atomic<bool>* draining{nullptr};
};

/// GET /livez, /readyz, /readyz?verbose, /health, /metrics. All of it outlives the endpoints.
std::vector<http::Endpoint> health_endpoints(
    HealthSources sources, runtime::Metrics& metrics, api::Workers& workers
);

}  // namespace annals::app
