#include "projections/kernel/projection_store.hpp"

namespace annals {

void add_changes(const RowSet& rows, ProjectionBatch& batch) {
    for (const RowTable& table : rows.tables()) {
        TableChange change{&table.type(), {}, {}};
        for (const auto& [key, slot] : table.slots()) {
            if (!slot.changed) continue;
            if (slot.row != nullptr) {
                change.upserts.push_back(slot.row.get());
            } else {
                change.removals.push_back(key);
            }
        }
        if (!change.upserts.empty() || !change.removals.empty()) batch.changes.push_back(std::move(change));
    }
}

}  // namespace annals
