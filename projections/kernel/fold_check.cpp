#include "projections/kernel/fold_check.hpp"

#include "domain/contract/json_writer.hpp"

#include <algorithm>
#include <set>
#include <unordered_set>

namespace annals {
namespace {

/// One projection folded in memory.
struct Fold {
    const ProjectionType* type;
    RowSet rows;
    std::vector<std::uint64_t> positions;                       ///< by partition: fold up to here
    std::set<std::pair<std::uint16_t, std::uint64_t>> parked;   ///< partition and position
    std::set<std::pair<std::uint16_t, std::uint64_t>> skipped;  ///< given up by operators
    std::vector<RowKey> failed;

    [[nodiscard]] bool leaves_out(std::uint16_t partition, std::uint64_t position) const {
        return parked.contains({partition, position}) || skipped.contains({partition, position});
    }
};

std::vector<Fold> prepare(
    std::span<const ProjectionType* const> projections, ProjectionSnapshot& snapshot,
    std::uint16_t& partitions
) {
    const auto checkpoints = snapshot.checkpoints();
    for (const Checkpoint& checkpoint : checkpoints) {
        partitions = std::max(partitions, static_cast<std::uint16_t>(checkpoint.partition + 1));
    }
    std::vector<Fold> folds;
    for (const ProjectionType* type : projections) {
        Fold& fold =
            folds.emplace_back(type, RowSet(type->tables, nullptr), std::vector<std::uint64_t>(partitions));
        for (const Checkpoint& checkpoint : checkpoints) {
            if (checkpoint.projection == type->checkpoint_name()) {
                fold.positions[checkpoint.partition] = checkpoint.position;
            }
        }
        for (const auto& parked : snapshot.parked(type->checkpoint_name())) {
            fold.parked.emplace(parked.partition, parked.position);
        }
        for (const auto& skipped : snapshot.skipped(type->checkpoint_name())) {
            fold.skipped.emplace(skipped.partition, skipped.position);
        }
    }
    return folds;
}

void apply(
    Fold& fold, std::uint16_t partition, std::uint64_t position, const contract::RecordedEvent& event
) {
    if (position > fold.positions[partition] || fold.leaves_out(partition, position)) return;
    const Reaction* reaction = fold.type->reaction_to(event.event.type().name);
    if (reaction == nullptr) return;
    try {
        reaction->apply(event, fold.rows);
    } catch (const std::exception&) {
        fold.failed.push_back({event.envelope.tenant, event.envelope.stream});
    }
}

/// An unreadable line is a difference of every projection that has passed it without parking it.
void miss(Fold& fold, std::uint16_t partition, std::uint64_t position, const contract::LineFault& fault) {
    const bool passed = position <= fold.positions[partition] && !fold.leaves_out(partition, position);
    if (passed && fault.code != "unknown_type") fold.failed.emplace_back();
}

std::string json_of(const TableType& table, const void* row) {
    std::string json;
    contract::write_json(*table.shape, row, json);
    return json;
}

FoldResult compare(const Fold& fold, const RowTable& table, ProjectionSnapshot& snapshot) {
    FoldResult result;
    result.projection = fold.type->checkpoint_name();
    result.table = table.type().name;
    result.parked_events = fold.parked.size();
    result.skipped_events = fold.skipped.size();
    std::vector<RowKey> differing = fold.failed;
    std::unordered_set<RowKey> found;
    snapshot.scan(table.type(), [&](const RowKey& key, const void* row) {
        ++result.rows_found;
        found.insert(key);
        const auto expected = table.slots().find(key);
        const bool exists = expected != table.slots().end() && expected->second.row != nullptr;
        if (!exists || json_of(table.type(), expected->second.row.get()) != json_of(table.type(), row)) {
            differing.push_back(key);
        }
    });
    for (const auto& [key, slot] : table.slots()) {
        if (slot.row == nullptr) continue;
        ++result.rows_expected;
        if (!found.contains(key)) differing.push_back(key);
    }
    result.differences = differing.size();
    std::ranges::sort(differing);
    differing.resize(std::min(differing.size(), kDifferencesMax));
    result.differing = std::move(differing);
    return result;
}

}  // namespace

std::vector<FoldResult> check_folds(
    std::span<const ProjectionType* const> projections, ProjectionSnapshot& snapshot,
    contract::EventSealer* sealer, const FoldProgress& progress, const contract::EventCatalogue& catalogue
) {
    std::uint16_t partitions = 0;
    std::vector<Fold> folds = prepare(projections, snapshot, partitions);
    std::vector<std::uint64_t> ends(partitions);
    std::uint64_t of = 0;
    for (std::uint16_t partition = 0; partition < partitions; ++partition) {
        for (const Fold& fold : folds) ends[partition] = std::max(ends[partition], fold.positions[partition]);
        of += ends[partition];
    }
    contract::JsonDocument document;
    std::uint64_t events = 0;
    for (std::uint16_t partition = 0; partition < partitions; ++partition) {
        std::uint64_t after = 0;
        while (after < ends[partition]) {
            const auto lines = snapshot.read(partition, after, kFoldPageEvents);
            if (lines.empty()) break;
            for (const LogLine& line : lines) {
                const auto event = contract::read_event_line(document, line.line, sealer, catalogue);
                for (Fold& fold : folds) {
                    if (event) {
                        apply(fold, partition, line.position, *event);
                    } else {
                        miss(fold, partition, line.position, event.error());
                    }
                }
            }
            after = lines.back().position;
            events += lines.size();
            if (progress) progress(std::min(events, of), of);
        }
    }
    std::vector<FoldResult> results;
    for (const Fold& fold : folds) {
        for (const RowTable& table : fold.rows.tables()) results.push_back(compare(fold, table, snapshot));
    }
    return results;
}

}  // namespace annals
