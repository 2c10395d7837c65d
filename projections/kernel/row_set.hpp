#pragma once

#include "domain/contract/type_info.hpp"
#include "domain/kernel/ids.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace annals {

/// What names a row in every query table: the realm it belongs to and an id that is unique there.
struct RowKey {
    TenantId tenant{};
    Uuid id{};
    friend auto operator<=>(const RowKey&, const RowKey&) = default;
};

}  // namespace annals

template <>
struct std::hash<annals::RowKey> {
    std::size_t operator()(const annals::RowKey& key) const noexcept {
        return std::hash<annals::TenantId>{}(key.tenant) * 31 + std::hash<annals::Uuid>{}(key.id);
    }
};

namespace annals {

/// A query table. A row struct declares `static constexpr std::string_view kTable = "prj.task"`, has
/// `tenant_id` and `id` as its first fields and otherwise one field for each column, under the column's name.
/// Made by table<Row>() in declare.hpp.
struct TableType {
    std::string_view name;
    const contract::TypeInfo* shape{nullptr};
    std::shared_ptr<void> (*make)(){nullptr};
};

class RowTable;

/// Where rows come from that a batch has not seen yet.
class RowSource {
public:
    virtual ~RowSource() = default;
    /// Places the existing rows among the wanted keys of all these tables, in one round trip. Throws
    /// ProjectionStoreUnavailable.
    virtual void load(std::span<RowTable* const> tables) = 0;
};

/// A reducer met something that a projection of a sound log cannot meet. The event is parked.
struct ProjectionFault : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// The rows of one table while a batch is reduced: a cache in front of the stored table, and the changes to
/// it.
class RowTable {
public:
    /// Without a source the table is all there is: a key that was never put does not exist.
    RowTable(const TableType& type, RowSource* source) : type_(&type), source_(source) {}

    [[nodiscard]] const TableType& type() const { return *type_; }

    /// Announces keys that will be looked up, so that they are loaded together.
    void want(const RowKey& key);
    [[nodiscard]] const std::vector<RowKey>& wanted() const { return wanted_; }
    /// For sources: a row that exists.
    void place(const RowKey& key, std::shared_ptr<void> row);
    /// For sources: every wanted key has been looked up.
    void wanted_loaded() { wanted_.clear(); }

    /// Null when there is no such row.
    const void* find(const RowKey& key);
    void* edit(const RowKey& key);
    void put(const RowKey& key, std::shared_ptr<void> row);
    void remove(const RowKey& key);

    struct Slot {
        std::shared_ptr<void> row;  ///< null: does not exist
        bool changed{false};
    };
    [[nodiscard]] const std::unordered_map<RowKey, Slot>& slots() const { return slots_; }

private:
    Slot& slot(const RowKey& key);

    const TableType* type_;
    RowSource* source_;
    std::unordered_map<RowKey, Slot> slots_;
    std::vector<RowKey> wanted_;
};

/// All tables of one projection while a batch is reduced. Not thread-safe.
class RowSet {
public:
    RowSet(std::span<const TableType> types, RowSource* source);

    /// Announces a row that the reducer of an event will look up. Only a matter of speed: what was not
    /// announced is loaded when it is asked for.
    template <class Row>
    void want(TenantId tenant, const Uuid& id) {
        table(Row::kTable).want({tenant, id});
    }
    template <class Row>
    const Row* find(TenantId tenant, const Uuid& id) {
        return static_cast<const Row*>(table(Row::kTable).find({tenant, id}));
    }
    /// The row, to be changed in place, or null.
    template <class Row>
    Row* edit(TenantId tenant, const Uuid& id) {
        return static_cast<Row*>(table(Row::kTable).edit({tenant, id}));
    }
    /// The same for a row that must be there, because an earlier event of the same stream made it.
    template <class Row>
    Row& require(TenantId tenant, const Uuid& id) {
        Row* row = edit<Row>(tenant, id);
        if (row == nullptr) throw_missing(Row::kTable, {tenant, id});
        return *row;
    }
    /// Inserts the row or replaces the one with its key.
    template <class Row>
    void put(Row row) {
        const RowKey key{row.tenant_id, row_id(row.id)};
        table(Row::kTable).put(key, std::make_shared<Row>(std::move(row)));
    }
    template <class Row>
    void remove(TenantId tenant, const Uuid& id) {
        table(Row::kTable).remove({tenant, id});
    }

    [[nodiscard]] std::vector<RowTable>& tables() { return tables_; }
    [[nodiscard]] const std::vector<RowTable>& tables() const { return tables_; }

private:
    static Uuid row_id(const Uuid& id) { return id; }
    template <class Tag>
    static Uuid row_id(const Id<Tag>& id) {
        return id.value;
    }
    [[noreturn]] static void throw_missing(std::string_view table, const RowKey& key);
    RowTable& table(std::string_view name);

    std::vector<RowTable> tables_;
};

}  // namespace annals
