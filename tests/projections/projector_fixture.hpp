#pragma once

/// Private to the tests of the projector.

#include "infra/postgres/pg_event_store.hpp"
#include "infra/postgres/projection_store.hpp"
#include "projections/kernel/declare.hpp"
#include "projections/projects/task.hpp"
#include "tests/support/event_log.hpp"
#include "tests/support/pg_fixture.hpp"
#include "tests/support/project_events.hpp"

#include <array>
#include <gtest/gtest.h>
#include <memory>
#include <string>
#include <vector>

namespace annals::test {

/// A projection with bad habits: its reducer refuses the title "poison" while `g_allergic`, and its table
/// refuses the note "refused".
struct NoteRow {
    static constexpr std::string_view kTable = "prj.test_note";
    TenantId tenant_id{};
    TaskId id{};
    std::string note{};
    std::int64_t moves{0};
};
BOOST_DESCRIBE_STRUCT(NoteRow, (), (tenant_id, id, note, moves))

inline bool g_allergic = true;

inline void note(const projects::TaskCreated& event, const contract::Envelope& at, RowSet& rows) {
    if (g_allergic && event.title.str() == "poison") throw ProjectionFault("allergic to poison");
    rows.put(NoteRow{at.tenant, TaskId{at.stream}, event.title.str(), 0});
}
inline void count_move(const projects::TaskMoved&, const contract::Envelope& at, RowSet& rows) {
    ++rows.require<NoteRow>(at.tenant, at.stream).moves;
}
inline void forget(const projects::TaskUnassigned&, const contract::Envelope& at, RowSet& rows) {
    rows.remove<NoteRow>(at.tenant, at.stream);
}

inline const ProjectionType& note_projection() {
    static const std::array kTables{table<NoteRow>()};
    static const std::array kReactions{
        reaction<&note>(), reaction<&count_move>(touch_stream<NoteRow>), reaction<&forget>()
    };
    static const ProjectionType kProjection{"test.note", 1, kTables, kReactions};
    return kProjection;
}

inline const TenantId kOrgA{uuid(0xa0)};  // lives in partition 0
inline const TenantId kOrgB{uuid(0xa1)};  // and this one in 1
inline const ProjectId kProject{uuid(500)};

class ProjectorOnPostgres : public ::testing::Test {
protected:
    ProjectorOnPostgres() {
        g_allergic = true;
        database.run(
            "create table prj.test_note (tenant_id uuid not null, id uuid not null, note text not null"
            " check (note <> 'refused'), moves bigint not null, primary key (tenant_id, id));"
            " select proj.protect('prj.test_note')"
        );
    }

    /// A projector with a store of its own, opened.
    struct Running {
        std::unique_ptr<ProjectionStore> store;
        std::unique_ptr<Projector> projector;
        std::vector<std::string> applied;
        std::vector<ParkedEvent> parked;
    };
    std::unique_ptr<Running> start(
        std::span<const ProjectionType* const> projections, const std::vector<OwnedPartition>& partitions,
        const contract::EventCatalogue& catalogue = contract::event_catalogue()
    ) {
        auto running = std::make_unique<Running>();
        running->store = pg::make_projection_store(database.engine_dsn());
        running->projector = std::make_unique<Projector>(
            projections, *running->store, log, &sealer,
            ProjectorEvents{
                [self = running.get()](const Position& position) {
                    self->applied.push_back(position.to_string());
                },
                [self = running.get()](const ParkedEvent& event) { self->parked.push_back(event); }
            },
            catalogue
        );
        running->projector->open(partitions);
        return running;
    }
    std::unique_ptr<Running> start() { return start(both, {{0}, {1}}); }
    /// What an older binary parked; answers how many events left the queue.
    static std::size_t take_all_up(Running& running) {
        std::size_t events = 0;
        running.projector->look_for_unknown();
        while (running.projector->has_unknown()) events += running.projector->take_up();
        return events;
    }
    /// The lease of a partition changes hands.
    OwnedPartition lease(std::uint16_t partition, const std::string& owner) {
        const std::string epoch = database.value(
            "insert into proj.lease values (" + std::to_string(partition) + ", '" + owner +
            "', 1) on conflict (partition) do update set owner = excluded.owner,"
            " epoch = proj.lease.epoch + 1 returning epoch"
        );
        return {partition, std::stoull(epoch)};
    }

    std::string notes() {
        return database.value("select string_agg(note || ' ' || moves, ', ' order by note) from prj.test_note"
        );
    }
    static std::string checkpoints_at_zero() {
        return "projects.task@1 0 0 -, projects.task@1 1 0 -, test.note@1 0 0 -, test.note@1 1 0 -";
    }
    std::string checkpoints() {
        return database.value(
            "select string_agg(projection || ' ' || partition || ' ' || position || ' ' ||"
            " coalesce(kafka_offset::text, '-'), ', ' order by projection, partition) from proj.checkpoint"
        );
    }
    /// All lines, after the database was told how far the log is.
    std::vector<ProjectorLine> logged() {
        tell_heads();
        return log.lines();
    }
    void tell_heads() {
        for (std::uint16_t partition = 0; partition < 2; ++partition) {
            database.run(
                "update log.partition set head = " + std::to_string(log.head(partition)) +
                " where partition = " + std::to_string(partition)
            );
        }
    }
    void add_task(TenantId tenant, std::uint64_t task, std::string_view title, int moves = 0) {
        log.add(tenant, uuid(task), task_created(kProject, static_cast<std::int64_t>(task), title));
        for (int i = 0; i < moves; ++i) add_move(tenant, task);
    }
    void add_move(TenantId tenant, std::uint64_t task) {
        log.add(tenant, uuid(task), task_moved(kTodo, kDoing, projects::TaskCategory::in_progress, 5));
    }

    PgDatabase database{PgDatabase::Contents::migrated, 2};
    EventLog log{2};
    HexSealer sealer;
    const std::array<const ProjectionType*, 2> both{&projects::task_projection(), &note_projection()};
};

}  // namespace annals::test
