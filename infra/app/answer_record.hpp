#pragma once

#include "api/server/http_server.hpp"
#include "infra/runtime/metrics.hpp"

namespace annals::app {

/// Counts an answer by its route and logs it: refusals at most once a second, other 5xx as errors. Called on
/// an I/O thread for every answer; any thread.
void record_answer(runtime::Metrics& metrics, const server::Answered& answer);

}  // namespace annals::app
