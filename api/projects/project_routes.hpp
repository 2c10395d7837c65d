#pragma once

#include "api/kernel/route.hpp"

#include <vector>

namespace annals::projects {

/// Projects: create, list, read, change, archive, board.
std::vector<api::Route> project_routes();

/// Tasks: create, list, read, change, move, assign, history.
std::vector<api::Route> task_routes();

}  // namespace annals::projects
