#include "tests/support/log_lines.hpp"

#include <fmt/format.h>

namespace annals::test {

std::vector<std::string> log_lines(const PgDatabase& database, std::size_t partition) {
    pg::Connection connection(database.owner_dsn(), pg::kMigrationSession);
    const pg::Rows rows = connection.execute(
        fmt::format("select line from log.event where partition = {} order by position", partition)
    );
    std::vector<std::string> lines;
    for (std::size_t i = 0; i < rows.size(); ++i) lines.emplace_back(rows.at(i, 0).value_or(""));
    return lines;
}

}  // namespace annals::test
