#pragma once

#include "api/kernel/route.hpp"

#include <functional>

namespace annals::api {

/// Passes a request of a known sender on to the process that decides for the partition of their organization,
/// and answers what that one answers. Calls `decide` instead when that is this process, when it cannot be
/// reached, when the request must be decided here (it was passed on to us, or carries kForwardedHeader), and
/// when no answer came: then with `in_doubt` set. Does not block.
void pass_on_or(Services& services, Exchange exchange, std::move_only_function<void(Exchange)> decide);

}  // namespace annals::api
