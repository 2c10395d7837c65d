#pragma once

#include "domain/contract/type_info.hpp"
#include "domain/kernel/ids.hpp"
#include "projections/kernel/row_codec.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace annals {

/// A statement with a name that is unique for its text: it is prepared once for each connection and shows
/// under this name in metrics. An empty name is for texts too many to keep.
struct Statement {
    std::string name;
    std::string sql;
    /// It reads one row by its key, so it takes a moment and may share a round trip with others like it.
    bool by_key{false};
};

/// A parameter as text; nothing is null. Statements cast: `$1::uuid`.
using QueryParam = std::optional<std::string>;

class QueryResult {
public:
    virtual ~QueryResult() = default;
    [[nodiscard]] virtual std::size_t rows() const = 0;
    [[nodiscard]] virtual std::size_t columns() const = 0;
    /// Nothing for null. Valid as long as the result lives.
    [[nodiscard]] virtual std::optional<std::string_view> cell(std::size_t row, std::size_t column) const = 0;
};

/// The database cannot answer now, and may later: no connection, a timeout, a conflict, no resources.
struct QueryUnavailable : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// Reads query tables as one realm, with row-level security in force: whatever the statement says, rows of
/// other realms do not exist. Implementations are thread-safe and block. They throw QueryUnavailable for what
/// passes, and a std::runtime_error of their own for what is a defect; both end the request.
class QueryReader {
public:
    virtual ~QueryReader() = default;
    virtual std::unique_ptr<QueryResult> query(
        TenantId tenant, const Statement& statement, std::span<const QueryParam> params
    ) = 0;
};

/// Reads columns of one result row, from `first_column` on, into the fields of a view in their order.
void read_view(
    const QueryResult& result, std::size_t row, std::span<const SqlColumn> columns, void* view,
    std::size_t first_column = 0
);

/// All rows as views. A view is a described struct; its shape comes from `view_shape(const View*)`, which the
/// read model declares beside it and defines in its .cpp.
template <class View>
std::vector<View> read_views(const QueryResult& result) {
    static const std::vector<SqlColumn> kColumns = columns_of(*view_shape(static_cast<const View*>(nullptr)));
    std::vector<View> views(result.rows());
    for (std::size_t row = 0; row < views.size(); ++row) read_view(result, row, kColumns, &views[row]);
    return views;
}

/// The one row, or nothing.
template <class View>
std::optional<View> read_one(const QueryResult& result) {
    auto views = read_views<View>(result);
    if (views.empty()) return std::nullopt;
    return std::move(views.front());
}

}  // namespace annals
