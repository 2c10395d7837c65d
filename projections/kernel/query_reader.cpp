#include "projections/kernel/query_reader.hpp"

#include "domain/kernel/assert.hpp"

namespace annals {

void read_view(
    const QueryResult& result, std::size_t row, std::span<const SqlColumn> columns, void* view,
    std::size_t first_column
) {
    ANNALS_ASSERT(
        first_column + columns.size() <= result.columns(), "a statement selects every field of its view"
    );
    for (std::size_t i = 0; i < columns.size(); ++i)
        read_cell(columns[i], view, result.cell(row, first_column + i));
}

}  // namespace annals
