#pragma once

#include "tests/support/pg_fixture.hpp"

#include <string>
#include <vector>

namespace annals::test {

/// What does not hold of the log in this database: dense positions, versions and realm positions in one
/// order, hashes that fit their lines, lines that say what the columns say, every command's events from one
/// decision and beside its stored answer. Empty when everything holds.
std::vector<std::string> broken_invariants(PgDatabase& database);

}  // namespace annals::test
