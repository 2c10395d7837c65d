#pragma once

#include "api/kernel/route.hpp"

#include <vector>

namespace annals::organizations {

/// Organizations: create, read, rename.
std::vector<api::Route> organization_routes();

/// Members and invitations.
std::vector<api::Route> member_routes();

}  // namespace annals::organizations
