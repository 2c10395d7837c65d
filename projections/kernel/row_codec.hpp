#pragma once

#include "domain/contract/type_info.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace annals {

/// How a field of a row struct is kept in PostgreSQL. Lists and objects are `jsonb`; RawJson is `json`, which
/// keeps the text as it came, so that a row read back equals the row that was written.
enum class ColumnKind : std::uint8_t { boolean, integer, text, uuid, instant, date, json_text, json_value };

struct SqlColumn {
    std::string_view name;
    const contract::FieldInfo* field{nullptr};
    ColumnKind kind{ColumnKind::text};
};

/// The columns of a described struct, in the order of its fields.
std::vector<SqlColumn> columns_of(const contract::TypeInfo& shape);

/// The PostgreSQL type that a value's text is cast to.
std::string_view sql_type(ColumnKind kind);

/// "a, b, c": the fields of a view, which are the columns it is read from.
std::string column_list(const contract::TypeInfo& shape);

/// Appends the field's value as PostgreSQL reads it. False for null, which appends nothing.
bool write_cell(const SqlColumn& column, const void* row, std::string& out);

/// The value of a column of ColumnKind::integer; nothing for null.
std::optional<std::int64_t> integer_cell(const SqlColumn& column, const void* row);

/// Reads a value as PostgreSQL writes it (DateStyle ISO, any time zone). Null leaves the field as it was
/// made. Throws ProjectionFault for a text that the type does not take.
void read_cell(const SqlColumn& column, void* row, std::optional<std::string_view> text);

}  // namespace annals
