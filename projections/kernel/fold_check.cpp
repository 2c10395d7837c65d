#include "projections/kernel/fold_check.hpp"

#include "domain/contract/json_writer.hpp"
#include "domain/kernel/thread_name.hpp"
#include "projections/kernel/projected_line.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <future>
#include <mutex>
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

/// An unreadable line of this type, empty when not even that can be read, is a difference of every projection
/// that it concerns and that has passed it without parking it.
void miss(
    Fold& fold, std::uint16_t partition, std::uint64_t position, std::string_view type,
    const contract::LineFault& fault
) {
    if (!type.empty() && fold.type->reaction_to(type) == nullptr) return;
    const bool passed = position <= fold.positions[partition] && !fold.leaves_out(partition, position);
    if (passed && fault.code != contract::kUnknownType) fold.failed.emplace_back();
}

std::string json_of(const TableType& table, const void* row) {
    std::string json;
    contract::write_json(*table.shape, row, json);
    return json;
}

/// The folds of all workers: of each projection one, with the rows of the worker's partitions.
using Folds = std::vector<std::vector<Fold>>;

/// The row that the log gives, whichever worker's partition it came from; null when there is none.
const void* expected_row(const Folds& folds, std::size_t projection, std::size_t table, const RowKey& key) {
    for (const auto& of_worker : folds) {
        const auto& slots = of_worker[projection].rows.tables()[table].slots();
        const auto found = slots.find(key);
        if (found != slots.end() && found->second.row != nullptr) return found->second.row.get();
    }
    return nullptr;
}

void add_differences(FoldResult& result, std::vector<RowKey> differing) {
    result.differences = differing.size();
    std::ranges::sort(differing);
    for (const RowKey& key : differing) {
        if (result.realms.empty() || result.realms.back().tenant != key.tenant)
            result.realms.push_back({key.tenant, 0});
        ++result.realms.back().rows;
    }
    differing.resize(std::min(differing.size(), kDifferencesMax));
    result.differing = std::move(differing);
}

FoldResult compare(
    const Folds& folds, std::size_t projection, std::size_t table, ProjectionSnapshot& snapshot
) {
    const Fold& first = folds.front()[projection];
    const TableType& type = first.type->tables[table];
    FoldResult result;
    result.projection = first.type->checkpoint_name();
    result.table = type.name;
    result.parked_events = first.parked.size();
    result.skipped_events = first.skipped.size();
    std::vector<RowKey> differing;
    std::unordered_set<RowKey> found;
    snapshot.scan(type, [&](const RowKey& key, const void* row) {
        ++result.rows_found;
        found.insert(key);
        const void* expected = expected_row(folds, projection, table, key);
        if (expected == nullptr || json_of(type, expected) != json_of(type, row)) differing.push_back(key);
    });
    for (const auto& of_worker : folds) {
        const Fold& fold = of_worker[projection];
        differing.insert(differing.end(), fold.failed.begin(), fold.failed.end());
        for (const auto& [key, slot] : fold.rows.tables()[table].slots()) {
            if (slot.row == nullptr) continue;
            ++result.rows_expected;
            if (!found.contains(key)) differing.push_back(key);
        }
    }
    add_differences(result, std::move(differing));
    return result;
}

/// One check on its way: what the workers share.
class Check {
public:
    Check(
        std::span<const ProjectionType* const> projections, std::span<const FoldWorker> workers,
        const FoldProgress& progress, const contract::EventCatalogue& catalogue
    )
        : workers_(workers), progress_(progress), catalogue_(catalogue) {
        for (const FoldWorker& worker : workers)
            folds_.push_back(prepare(projections, *worker.snapshot, partitions_));
        ends_.resize(partitions_);
        for (std::uint16_t partition = 0; partition < partitions_; ++partition) {
            for (const Fold& fold : folds_.front())
                ends_[partition] = std::max(ends_[partition], fold.positions[partition]);
            of_ += ends_[partition];
        }
        for (std::size_t i = 0; i < projections.size(); ++i) {
            for (std::size_t j = 0; j < projections[i]->tables.size(); ++j) tables_.emplace_back(i, j);
        }
        results_.resize(tables_.size());
    }

    std::vector<FoldResult> run() {
        on_each_worker([this](std::size_t worker) {
            for (std::size_t i = next_partition_++; i < partitions_; i = next_partition_++)
                fold(worker, static_cast<std::uint16_t>(i));
        });
        on_each_worker([this](std::size_t worker) {
            for (std::size_t i = next_table_++; i < tables_.size(); i = next_table_++) {
                const auto [projection, table] = tables_[i];
                results_[i] = compare(folds_, projection, table, *workers_[worker].snapshot);
            }
        });
        return std::move(results_);
    }

private:
    template <class Work>
    void on_each_worker(Work work) {
        std::vector<std::future<void>> threads;
        for (std::size_t i = 1; i < workers_.size(); ++i) {
            threads.push_back(std::async(std::launch::async, [&work, i] {
                name_this_thread("fold", i);
                work(i);
            }));
        }
        work(0);
        for (auto& thread : threads) thread.get();
    }

    void fold(std::size_t worker, std::uint16_t partition) {
        contract::JsonDocument document;
        const FoldWorker& reads = workers_[worker];
        for (std::uint64_t after = 0; after < ends_[partition];) {
            const auto lines = reads.snapshot->read(partition, after, kFoldPageEvents);
            if (lines.empty()) break;
            for (const LogLine& line : lines) {
                const auto event = read_projected_line(document, line.line, reads.sealer, catalogue_);
                const bool named = !event && !document.parse(line.line);
                const std::string type(named ? document.text("type").value_or("") : "");
                for (Fold& fold : folds_[worker]) {
                    if (event) {
                        apply(fold, partition, line.position, *event);
                    } else {
                        miss(fold, partition, line.position, type, event.error());
                    }
                }
            }
            after = lines.back().position;
            const std::scoped_lock lock(mutex_);
            events_ += lines.size();
            if (progress_) progress_(std::min(events_, of_), of_);
        }
    }

    std::span<const FoldWorker> workers_;
    const FoldProgress& progress_;
    const contract::EventCatalogue& catalogue_;
    std::uint16_t partitions_{0};
    Folds folds_;
    std::vector<std::uint64_t> ends_;                          ///< by partition
    std::vector<std::pair<std::size_t, std::size_t>> tables_;  ///< projection and table
    std::vector<FoldResult> results_;
    std::atomic<std::size_t> next_partition_{0};
    std::atomic<std::size_t> next_table_{0};
    std::mutex mutex_;
    std::uint64_t events_{0};
    std::uint64_t of_{0};
};

}  // namespace

std::vector<FoldResult> check_folds(
    std::span<const ProjectionType* const> projections, std::span<const FoldWorker> workers,
    const FoldProgress& progress, const contract::EventCatalogue& catalogue
) {
    return Check(projections, workers, progress, catalogue).run();
}

std::vector<FoldResult> check_folds(
    std::span<const ProjectionType* const> projections, ProjectionSnapshot& snapshot,
    contract::EventSealer* sealer, const FoldProgress& progress, const contract::EventCatalogue& catalogue
) {
    const std::array workers{FoldWorker{&snapshot, sealer}};
    return check_folds(projections, workers, progress, catalogue);
}

}  // namespace annals
