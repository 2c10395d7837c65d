#pragma once

#include "api/http/request.hpp"
#include "api/http/response.hpp"

#include <functional>
#include <memory>

namespace annals::http {

/// Answers one request, exactly once, from any thread, now or later. A second call is a programmer error and
/// aborts. Destroyed without a call, it answers 500, so that a lost answer shows instead of hanging. Calls
/// after the request timed out or its client went away are ignored.
using Respond = std::move_only_function<void(Response)>;

/// Called on an I/O thread and therefore never blocks: it answers at once, or hands `Respond` to whoever
/// completes the work. An exception that leaves it is logged and answered with 500.
using Handler = std::function<void(std::shared_ptr<Request>, Respond)>;

}  // namespace annals::http
