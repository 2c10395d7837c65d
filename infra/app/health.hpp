#pragma once

#include "api/http/dispatcher.hpp"
#include "api/kernel/services.hpp"
#include "infra/runtime/metrics.hpp"

#include <atomic>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace annals::app {

enum class Health : std::uint8_t {
    ok,
    degraded,  ///< requests are served, but somebody should look
    failing    ///< no requests should be sent here
};
std::string_view to_string(Health health);

/// One thing that has to be well. `detail` is one line for an operator.
struct Check {
    std::string name;
    Health health{Health::failing};
    std::string detail;
};

/// What health answers are made of. Everything is called on worker threads.
struct HealthSources {
    std::function<Check()> database;
    std::function<std::vector<Check>()> parts;  ///< relay, projector, projections, as far as they matter here
    std::function<void(runtime::Metrics&)> update_metrics;
    std::atomic<bool>* draining{nullptr};
};

/// GET /livez, /readyz, /readyz?verbose, /health, /metrics. All of it outlives the endpoints.
std::vector<http::Endpoint> health_endpoints(
    HealthSources sources, runtime::Metrics& metrics, api::Workers& workers
);

}  // namespace annals::app
