#include "projections/kernel/row_set.hpp"

#include "domain/kernel/assert.hpp"

#include <array>

namespace annals {

void RowTable::want(const RowKey& key) {
    if (source_ == nullptr || slots_.contains(key)) return;
    slots_.emplace(key, Slot{});
    wanted_.push_back(key);
}

void RowTable::place(const RowKey& key, std::shared_ptr<void> row) {
    Slot& found = slots_[key];
    // A row that a reducer of this batch has put already is newer than the stored one.
    if (!found.changed) found.row = std::move(row);
}

RowTable::Slot& RowTable::slot(const RowKey& key) {
    want(key);
    if (!wanted_.empty()) {
        const std::array<RowTable*, 1> self{this};
        source_->load(self);
        wanted_loaded();
    }
    return slots_[key];
}

const void* RowTable::find(const RowKey& key) {
    return slot(key).row.get();
}

void* RowTable::edit(const RowKey& key) {
    Slot& found = slot(key);
    if (found.row != nullptr) found.changed = true;
    return found.row.get();
}

void RowTable::put(const RowKey& key, std::shared_ptr<void> row) {
    Slot& found = slots_[key];
    found.row = std::move(row);
    found.changed = true;
}

void RowTable::remove(const RowKey& key) {
    Slot& found = slots_[key];
    found.row.reset();
    found.changed = true;
}

RowSet::RowSet(std::span<const TableType> types, RowSource* source) {
    tables_.reserve(types.size());
    for (const TableType& type : types) tables_.emplace_back(type, source);
}

RowTable& RowSet::table(std::string_view name) {
    for (RowTable& each : tables_) {
        if (each.type().name == name) return each;
    }
    ANNALS_ASSERT(false, "a reducer used a table that its projection does not list");
}

void RowSet::throw_missing(std::string_view table, const RowKey& key) {
    throw ProjectionFault(
        "no row " + key.id.to_string() + " of realm " + key.tenant.to_string() + " in " + std::string(table)
    );
}

}  // namespace annals
