#include "projections/kernel/projector.hpp"

#include "domain/kernel/assert.hpp"
#include "projections/kernel/projector_work.hpp"

#include <algorithm>
#include <numeric>

namespace annals {

Projector::Projector(
    std::span<const ProjectionType* const> projections, ProjectionStore& store, LogReader& log,
    contract::EventSealer* sealer, ProjectorEvents events, const contract::EventCatalogue& catalogue
)
    : store_(store), log_(log), sealer_(sealer), events_(std::move(events)), catalogue_(catalogue) {
    for (const ProjectionType* type : projections) {
        Member& member = members_.emplace_back();
        member.type = type;
        member.name = type->checkpoint_name();
        for (const Reaction& reaction : type->reactions) member.reactions.emplace(reaction.event, &reaction);
    }
}

Projector::~Projector() = default;

void Projector::open(std::span<const OwnedPartition> partitions) {
    const std::vector<LogHead> log_heads = store_.log_heads();
    owned_.assign(log_heads.size(), std::nullopt);
    for (const OwnedPartition& each : partitions) {
        ANNALS_ASSERT(each.partition < owned_.size(), "only partitions of the log can be owned");
        owned_[each.partition] = each;
    }
    load_epochs(log_heads);
    begin_reading();
    for (Member& member : members_) member.left_out.clear();
    load_members();
    unknown_.clear();
}

void Projector::load_epochs(std::span<const LogHead> log_heads) {
    epochs_ = store_.log_epochs();
    epoch_ = 1;
    for (const LogHead& head : log_heads) epoch_ = std::max(epoch_, head.epoch);
}

void Projector::open() {
    std::vector<OwnedPartition> all(store_.log_heads().size());
    for (std::size_t i = 0; i < all.size(); ++i) all[i].partition = static_cast<std::uint16_t>(i);
    open(all);
}

bool Projector::owns(std::uint16_t partition) const {
    return partition < owned_.size() && owned_[partition].has_value();
}

/// Lets go of what another projector has taken over.
void Projector::drop_lost_leases() {
    const auto leased = [](const std::optional<OwnedPartition>& each) { return each && each->lease_epoch; };
    if (std::ranges::none_of(owned_, leased)) return;
    const std::vector<PartitionLease> leases = store_.leases();
    for (auto& owned : owned_) {
        if (!leased(owned)) continue;
        const auto now = std::ranges::find(leases, owned->partition, &PartitionLease::partition);
        if (now != leases.end() && now->epoch == *owned->lease_epoch) continue;
        owned.reset();
        ++totals_.leases_lost_total;
    }
}

void Projector::load_members() {
    drop_lost_leases();
    std::vector<std::string> names;
    for (Member& member : members_) {
        names.push_back(member.name);
        member.heads.assign(owned_.size(), {});
        member.parked.clear();
    }
    const auto member_named = [this](std::string_view name) {
        return std::ranges::find(members_, name, &Member::name);
    };
    for (const Checkpoint& checkpoint : store_.checkpoints(names)) {
        const auto member = member_named(checkpoint.projection);
        if (member == members_.end() || !owns(checkpoint.partition)) continue;
        member->heads[checkpoint.partition] = {
            checkpoint.position, checkpoint.generation, checkpoint.kafka_offset
        };
    }
    for (const auto& parked : store_.parked_streams()) {
        const auto member = member_named(parked.projection);
        if (member == members_.end() || !owns(parked.partition)) continue;
        member->parked[parked.stream] = parked.events;
    }
}

std::uint64_t Projector::applied(std::uint16_t partition) const {
    std::uint64_t least = UINT64_MAX;
    for (const Member& member : members_) least = std::min(least, member.heads[partition].position);
    return members_.empty() ? 0 : least;
}

std::optional<std::int64_t> Projector::kafka_offset(std::uint16_t partition) const {
    // All projections share one reading of Kafka; one that started later has been filled from the log
    // meanwhile.
    std::optional<std::int64_t> furthest;
    for (const Member& member : members_) furthest = std::max(furthest, member.heads[partition].kafka_offset);
    return furthest;
}

ProjectorStatus Projector::status() const {
    ProjectorStatus status = totals_;
    for (const Member& member : members_) {
        ProjectionStatus& each = status.projections.emplace_back();
        each.projection = member.name;
        for (std::size_t i = 0; i < member.heads.size(); ++i) {
            if (owned_[i]) each.positions.emplace(owned_[i]->partition, member.heads[i].position);
        }
        each.parked_streams = member.parked.size();
        for (const auto& [stream, events] : member.parked) each.parked_events += events;
    }
    return status;
}

void Projector::commit(std::span<const Decoded> events) {
    if (events.empty()) return;
    std::vector<std::size_t> all(members_.size());
    std::iota(all.begin(), all.end(), std::size_t{0});
    settle(events, all);
    totals_.events_total += events.size();
}

/// Commits the events. When the database refuses a value, halves find the event and then the projection it
/// comes from, so that this one is parked and all others are applied.
void Projector::settle(std::span<const Decoded> events, std::span<const std::size_t> members) {
    std::vector<Work> works;
    for (const std::size_t index : members) {
        Member& member = members_[index];
        works.push_back({&member, events, RowSet(member.type->tables, &store_)});
    }
    ApplyResult result = try_commit(works);
    if (result.outcome == ApplyOutcome::applied) return;
    if (events.size() > 1) {
        const std::size_t half = events.size() / 2;
        settle(events.first(half), members);
        settle(events.subspan(half), members);
    } else if (members.size() > 1) {
        for (const std::size_t& member : members) settle(events, std::span(&member, 1));
    } else {
        Work condemned{works.front().member, events, RowSet(works.front().member->type->tables, &store_)};
        condemned.condemn(events.front(), "database", result.detail);
        works.clear();
        works.push_back(std::move(condemned));
        result = try_commit(works);
        if (result.outcome != ApplyOutcome::applied)
            throw std::runtime_error("cannot park an event: " + result.detail);
    }
}

ApplyResult Projector::try_commit(std::vector<Work>& works) {
    prefetch(works);
    ProjectionBatch batch;
    for (Work& work : works) {
        reduce(work);
        collect(work, batch);
    }
    if (batch.moves.empty()) return {};
    collect_applied(batch);
    ApplyResult result = store_.apply(batch);
    if (result.outcome == ApplyOutcome::fenced) throw ProjectorFenced(result.detail);
    if (result.outcome == ApplyOutcome::beyond_log) throw diverged(batch, result.detail);
    if (result.outcome == ApplyOutcome::applied) committed(batch);
    return result;
}

/// Names the partition whose checkpoint was to go beyond the log.
LogDiverged Projector::diverged(const ProjectionBatch& batch, const std::string& detail) {
    const std::vector<LogHead> heads = store_.log_heads();
    const auto beyond = std::ranges::find_if(batch.moves, [&](const CheckpointMove& move) {
        return move.partition >= heads.size() || move.to > heads[move.partition].position;
    });
    return {beyond == batch.moves.end() ? batch.moves.front().partition : beyond->partition, detail};
}

/// Loads what the reducers of all projections will look up in one round trip.
void Projector::prefetch(std::vector<Work>& works) {
    std::vector<RowTable*> tables;
    for (Work& work : works) {
        while (!walk(work, true)) work.rows = RowSet(work.member->type->tables, &store_);
        for (RowTable& table : work.rows.tables()) {
            if (!table.wanted().empty()) tables.push_back(&table);
        }
    }
    if (tables.empty()) return;
    store_.load(tables);
    for (RowTable* table : tables) table->wanted_loaded();
}

/// Runs the reducers. One that fails spoils the rows, so the work starts anew without that event's stream.
void Projector::reduce(Work& work) {
    while (!walk(work, false)) {
        do {
            work.rows = RowSet(work.member->type->tables, &store_);
        } while (!walk(work, true));
    }
}

bool Projector::walk(Work& work, bool touching) {
    work.parked.clear();
    work.parked_streams.clear();
    const Member& member = *work.member;
    for (const Decoded& event : work.events) {
        if (event.position <= member.heads[event.partition].position) continue;
        const auto reaction = member.reactions.find(event.type);
        const bool concerned = reaction != member.reactions.end() || event.type.empty() || event.is_unknown();
        if (!concerned) continue;
        if (member.left_out.contains({event.partition, event.position})) continue;
        const auto park = [&](std::string code, std::string detail) {
            work.parked.push_back(
                {member.name, event.partition, event.position, event.tenant, event.stream, event.type,
                 std::move(code), std::move(detail)}
            );
            work.parked_streams.insert(event.stream);
        };
        const auto condemned = work.condemned.find({event.partition, event.position});
        if (member.parked.contains(event.stream) || work.parked_streams.contains(event.stream)) {
            park(std::string(kParkedWaiting), {});
        } else if (condemned != work.condemned.end()) {
            park(condemned->second.first, condemned->second.second);
        } else if (!event.event) {
            if (event.is_unknown()) note_unknown(event.type);
            park(event.parked_code(), event.parked_detail());
        } else {
            const auto step = touching ? reaction->second->touch : reaction->second->apply;
            try {
                if (step != nullptr) step(*event.event, work.rows);
            } catch (const ProjectionStoreUnavailable&) {
                throw;
            } catch (const std::exception& fault) {
                // It may miss what an event of another stream did that is of an unknown type.
                const bool newer = !unknown_types_.empty();
                work.condemn(event, newer ? std::string(kParkedUnknownType) : "reducer", fault.what());
                return false;
            }
        }
    }
    return true;
}

void Projector::collect(const Work& work, ProjectionBatch& batch) const {
    const Member& member = *work.member;
    std::map<std::uint16_t, CheckpointMove> moves;
    for (const Decoded& event : work.events) {
        const auto& head = member.heads[event.partition];
        if (event.position <= head.position) continue;
        CheckpointMove& move = moves[event.partition];
        move.projection = member.name;
        move.partition = event.partition;
        move.from = head.position;
        move.to = event.position;
        move.generation = move.new_generation = head.generation;
        move.lease_epoch = owned_[event.partition]->lease_epoch;
        if (event.kafka_offset) move.kafka_offset = event.kafka_offset;
    }
    for (const auto& [partition, move] : moves) batch.moves.push_back(move);
    add_changes(work.rows, batch);
    batch.parked.insert(batch.parked.end(), work.parked.begin(), work.parked.end());
}

/// Which partitions every projection will have moved on in.
void Projector::collect_applied(ProjectionBatch& batch) const {
    for (std::uint16_t partition = 0; partition < partitions(); ++partition) {
        if (!owns(partition)) continue;
        std::uint64_t least = UINT64_MAX;
        for (const Member& member : members_) {
            std::uint64_t position = member.heads[partition].position;
            for (const CheckpointMove& move : batch.moves) {
                if (move.partition == partition && move.projection == member.name) position = move.to;
            }
            least = std::min(least, position);
        }
        if (least > applied(partition)) batch.applied.push_back({epoch_, partition, least});
    }
}

void Projector::committed(const ProjectionBatch& batch) {
    ++totals_.batches_total;
    for (Member& member : members_) {
        for (const CheckpointMove& move : batch.moves) {
            if (move.projection != member.name) continue;
            auto& head = member.heads[move.partition];
            head.position = move.to;
            head.generation = move.new_generation;
            if (move.kafka_offset) head.kafka_offset = move.kafka_offset;
        }
        for (const ParkedEvent& parked : batch.parked) {
            if (parked.projection != member.name) continue;
            ++member.parked[parked.stream];
            if (parked.code == kParkedWaiting) continue;
            ++totals_.parked_total;
            if (events_.parked) events_.parked(parked);
        }
    }
    if (!events_.applied) return;
    for (const Position& position : batch.applied) events_.applied(position);
}

}  // namespace annals
