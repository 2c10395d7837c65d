#pragma once

#include "tests/support/pg_fixture.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace annals::test {

/// The log's lines of a partition in their order, read on a session of its own: the server may have been
/// another one before.
std::vector<std::string> log_lines(const PgDatabase& database, std::size_t partition);

}  // namespace annals::test
