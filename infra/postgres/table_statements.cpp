#include "infra/postgres/table_statements.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace annals::pg {
namespace {

/// The elements of a column's array. Values of most types are sent as text, which PostgreSQL casts; with ids,
/// times and numbers too, rows took the projector's session a sixth longer (docs/performance.md).
ElementType element_of(ColumnKind kind) {
    switch (kind) {
        case ColumnKind::integer:
            return ElementType::int8;
        case ColumnKind::uuid:
            return ElementType::uuid;
        case ColumnKind::instant:
            return ElementType::timestamptz;
        default:
            return ElementType::text;
    }
}

std::string_view array_type(ColumnKind kind) {
    return element_of(kind) == ElementType::text ? "text" : sql_type(kind);
}

template <class T>
T parsed(const SqlColumn& column, std::optional<T> value) {
    if (!value) throw ProjectionFault("column " + std::string(column.name) + " has no such value");
    return *value;
}

void add_cell(ArrayParam& values, const SqlColumn& column, const void* row, std::string& text) {
    if (column.kind == ColumnKind::integer) return values.add_optional(integer_cell(column, row));
    text.clear();
    if (!write_cell(column, row, text)) return values.add_null();
    if (column.kind == ColumnKind::uuid) return values.add(parsed(column, Uuid::parse(text)));
    if (column.kind == ColumnKind::instant) return values.add(parsed(column, Instant::parse(text)));
    values.add(std::string_view(text));
}

std::string upsert_sql(std::string_view table, std::span<const SqlColumn> columns) {
    std::string names;
    std::string values;
    std::string params;
    std::string aliases;
    std::string updates;
    for (std::size_t i = 0; i < columns.size(); ++i) {
        const char* comma = i == 0 ? "" : ", ";
        names += fmt::format("{}{}", comma, columns[i].name);
        values += fmt::format("{}u.c{}::{}", comma, i, sql_type(columns[i].kind));
        params += fmt::format("{}${}::{}[]", comma, i + 1, array_type(columns[i].kind));
        aliases += fmt::format("{}c{}", comma, i);
        // The first two columns are the key.
        if (i >= 2)
            updates +=
                fmt::format("{}{} = excluded.{}", i == 2 ? "" : ", ", columns[i].name, columns[i].name);
    }
    return fmt::format(
        "insert into {} ({}) select {} from unnest({}) as u ({}) on conflict (tenant_id, id) do update set "
        "{}",
        table, names, values, params, aliases, updates
    );
}

}  // namespace

std::string sql_table_name(const TableType& table, Tables tables) {
    std::string name(table.name);
    if (tables == Tables::live) return name;
    std::ranges::replace(name, '.', '_');
    return "beside." + name;
}

TableStatements::TableStatements(const TableType& table, Tables tables)
    : table_(&table), columns_(columns_of(*table.shape)) {
    const std::string name = sql_table_name(table, tables);
    names_[0] = "upsert " + name;
    names_[1] = "remove " + name;
    names_[2] = "load " + name;
    upsert_sql_ = upsert_sql(name, columns_);
    remove_sql_ = fmt::format(
        "delete from {} as t using unnest($1::uuid[], $2::uuid[]) as k (tenant_id, id)"
        " where t.tenant_id = k.tenant_id and t.id = k.id",
        name
    );
    scan_sql_ = fmt::format("select {} from {}", column_list(*table.shape), name);
    upsert_ = {names_[0].c_str(), upsert_sql_.c_str()};
    remove_ = {names_[1].c_str(), remove_sql_.c_str()};
    std::string selected;
    for (const SqlColumn& column : columns_)
        selected += fmt::format("{}t.{}", selected.empty() ? "" : ", ", column.name);
    load_sql_ = fmt::format(
        "select {} from unnest($1::uuid[], $2::uuid[]) as k (tenant_id, id)"
        " join {} as t on t.tenant_id = k.tenant_id and t.id = k.id",
        selected, name
    );
    load_ = {names_[2].c_str(), load_sql_.c_str()};
}

Params TableStatements::upsert_params(std::span<const void* const> rows) const {
    Params params;
    std::string text;
    for (const SqlColumn& column : columns_) {
        ArrayParam values(element_of(column.kind), rows.size());
        for (const void* row : rows) add_cell(values, column, row, text);
        params.array(std::move(values));
    }
    return params;
}

Params TableStatements::key_params(std::span<const RowKey> keys) {
    ArrayParam tenants(ElementType::uuid, keys.size());
    ArrayParam ids(ElementType::uuid, keys.size());
    for (const RowKey& key : keys) {
        tenants.add(key.tenant);
        ids.add(key.id);
    }
    Params params;
    params.array(std::move(tenants)).array(std::move(ids));
    return params;
}

std::shared_ptr<void> TableStatements::row(const Rows& rows, std::size_t index) const {
    std::shared_ptr<void> row = table_->make();
    for (std::size_t i = 0; i < columns_.size(); ++i) read_cell(columns_[i], row.get(), rows.at(index, i));
    return row;
}

RowKey TableStatements::key(const Rows& rows, std::size_t index) {
    const auto id = [&](std::size_t column) {
        return Uuid::parse(rows.at(index, column).value_or(std::string_view())).value_or(Uuid{});
    };
    return {TenantId{id(0)}, id(1)};
}

const TableStatements& StatementsOfTables::of(const TableType& table) {
    return tables_.try_emplace(table.name, table, which_).first->second;
}

}  // namespace annals::pg
