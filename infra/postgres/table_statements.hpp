#pragma once

#include "infra/postgres/connection.hpp"
#include "projections/kernel/projection_store.hpp"
#include "projections/kernel/row_codec.hpp"

#include <span>
#include <string>
#include <unordered_map>
#include <vector>

namespace annals::pg {

/// The query tables that are served, or their copies in the schema `beside`.
enum class Tables : std::uint8_t { live, beside };

/// "prj.task", or "beside.prj_task".
std::string sql_table_name(const TableType& table, Tables tables);

/// The statements of one query table, made from its row struct: one array parameter for each column, so that
/// a batch is one statement whatever its size.
class TableStatements {
public:
    explicit TableStatements(const TableType& table, Tables tables = Tables::live);
    TableStatements(const TableStatements&) = delete;
    TableStatements& operator=(const TableStatements&) = delete;

    [[nodiscard]] const Statement& upsert() const { return upsert_; }
    [[nodiscard]] const Statement& remove() const { return remove_; }
    [[nodiscard]] const Statement& load() const { return load_; }
    /// All rows, without parameters.
    [[nodiscard]] const std::string& scan_sql() const { return scan_sql_; }

    [[nodiscard]] Params upsert_params(std::span<const void* const> rows) const;
    [[nodiscard]] static Params key_params(std::span<const RowKey> keys);
    /// A row of `load` or of a scan, in text form.
    [[nodiscard]] std::shared_ptr<void> row(const Rows& rows, std::size_t index) const;
    [[nodiscard]] static RowKey key(const Rows& rows, std::size_t index);

private:
    const TableType* table_;
    std::vector<SqlColumn> columns_;
    std::string names_[3];
    std::string upsert_sql_;
    std::string remove_sql_;
    std::string load_sql_;
    std::string scan_sql_;
    Statement upsert_{};
    Statement remove_{};
    Statement load_{};
};

/// The statements of the tables used so far. Not thread-safe.
class StatementsOfTables {
public:
    explicit StatementsOfTables(Tables tables = Tables::live) : which_(tables) {}
    const TableStatements& of(const TableType& table);

private:
    Tables which_;
    std::unordered_map<std::string_view, TableStatements> tables_;
};

}  // namespace annals::pg
