#pragma once

#include "api/kernel/route.hpp"

#include <vector>

namespace annals::identity {

/// Login, refresh, who am I, and the keys to verify tokens with.
std::vector<api::Route> auth_routes();

/// The first person and the first organization of a new installation.
std::vector<api::Route> bootstrap_routes();

}  // namespace annals::identity
