#include "infra/postgres/pg_event_store.hpp"
#include "infra/postgres/projection_store.hpp"
#include "infra/projector/rebuild.hpp"
#include "projections/kernel/declare.hpp"
#include "projections/kernel/projector.hpp"
#include "tests/support/event_log.hpp"
#include "tests/support/pg_fixture.hpp"
#include "tests/support/project_events.hpp"

#include <array>
#include <future>
#include <gtest/gtest.h>

namespace annals::test {

/// The same notes in two versions: the second counts letters as well.
struct NoteV1 {
    static constexpr std::string_view kTable = "prj.shaped_note";
    TenantId tenant_id{};
    TaskId id{};
    std::string note{};
};
BOOST_DESCRIBE_STRUCT(NoteV1, (), (tenant_id, id, note))

struct NoteV2 {
    static constexpr std::string_view kTable = "prj.shaped_note";
    TenantId tenant_id{};
    TaskId id{};
    std::string note{};
    std::int64_t letters{0};
};
BOOST_DESCRIBE_STRUCT(NoteV2, (), (tenant_id, id, note, letters))

namespace {

void note_v1(const projects::TaskCreated& event, const contract::Envelope& at, RowSet& rows) {
    rows.put(NoteV1{at.tenant, TaskId{at.stream}, event.title.str()});
}
void note_v2(const projects::TaskCreated& event, const contract::Envelope& at, RowSet& rows) {
    const auto letters = static_cast<std::int64_t>(event.title.str().size());
    rows.put(NoteV2{at.tenant, TaskId{at.stream}, event.title.str(), letters});
}

const ProjectionType& version_one() {
    static const std::array kTables{table<NoteV1>()};
    static const std::array kReactions{reaction<&note_v1>()};
    static const ProjectionType kProjection{"test.shaped", 1, kTables, kReactions};
    return kProjection;
}
const ProjectionType& version_two() {
    static const std::array kTables{table<NoteV2>()};
    static const std::array kReactions{reaction<&note_v2>()};
    static const ProjectionType kProjection{"test.shaped", 2, kTables, kReactions};
    return kProjection;
}

class RebuildOnPostgres : public ::testing::Test {
protected:
    RebuildOnPostgres() {
        database.run(
            "set role annals_owner; create table prj.shaped_note (tenant_id uuid not null, id uuid not null,"
            " note text not null, primary key (tenant_id, id)); select proj.protect('prj.shaped_note')"
        );
        database.run("reset role");
        for (std::uint64_t task = 1; task <= 30; ++task) {
            const TenantId tenant{uuid(task % 2 == 0 ? 0xa0 : 0xa1)};
            log.add(
                tenant, uuid(task), task_created(ProjectId{uuid(500)}, 1, "note " + std::to_string(task))
            );
        }
        EXPECT_EQ(log.append_to(*pg::make_pg_event_store(database.engine_dsn())), AppendOutcome::written);
    }

    /// What a process whose program has this version of the projection does.
    void project(const ProjectionType& type) {
        const auto store = pg::make_projection_store(database.engine_dsn());
        const auto reader = pg::make_log_reader(database.engine_dsn());
        const std::array<const ProjectionType*, 1> types{&type};
        Projector projector(types, *store, *reader, &sealer, {});
        projector.open();
        for (std::uint16_t partition = 0; partition < 2; ++partition) projector.catch_up(partition);
    }
    projector::Rebuild rebuild(const ProjectionType& type) {
        return {type, {database.engine_dsn(), database.owner_dsn(), 2, {}, {}}};
    }
    std::string value(const std::string& sql) { return database.value(sql); }

    PgDatabase database{PgDatabase::Contents::migrated, 2};
    EventLog log{2};
    HexSealer sealer;
};

TEST_F(RebuildOnPostgres, ReplacesAVersionByOneOfAnotherShape) {
    project(version_one());
    EXPECT_EQ(value("select count(*) from prj.shaped_note"), "30");
    // What the migration of the new version does.
    database.run(
        "set role annals_owner; create table beside.prj_shaped_note (tenant_id uuid not null, id uuid not "
        "null,"
        " note text not null, letters bigint not null, constraint prj_shaped_note_pkey primary key "
        "(tenant_id,"
        " id)); select proj.protect('beside.prj_shaped_note')"
    );
    database.run("reset role");
    EXPECT_THROW(project(version_two()), ProjectionStoreUnavailable) << "version 1 is live";
    {
        auto job = rebuild(version_two());
        EXPECT_EQ(job.build(), 30U);
        EXPECT_FALSE(job.compare().comparable);
        job.switch_over();
    }
    EXPECT_EQ(value("select sum(letters) from prj.shaped_note"), "201");
    EXPECT_EQ(
        value("select string_agg(distinct projection, ' ' order by projection) from proj.checkpoint"),
        "test.shaped@1#beside test.shaped@2"
    );
    EXPECT_THROW(project(version_one()), ProjectionStoreUnavailable) << "an old process waits";
    EXPECT_NO_THROW(project(version_two()));
    // Only a program with the former version can bring its tables up to date.
    EXPECT_THROW(rebuild(version_two()).switch_back(), pg::BesideError);
    rebuild(version_one()).switch_back();
    EXPECT_EQ(
        value("select string_agg(distinct projection, ' ' order by projection) from proj.checkpoint"),
        "test.shaped@1 test.shaped@2#beside"
    );
    rebuild(version_one()).drop();
    EXPECT_EQ(value("select count(*) from proj.beside"), "0");
}

// With one partition nothing but the first row tells, and that row waits for the switch at the unique key.
TEST(SecondVersion, IsRefusedWhenItBeginsWhileASwitchIsBeingCommitted) {
    PgDatabase database(PgDatabase::Contents::migrated, 1);
    const auto begin = [&](std::string version) {
        const std::array<std::string, 1> names{std::move(version)};
        return pg::make_projection_store(database.engine_dsn())->checkpoints(names).size();
    };
    EXPECT_EQ(begin("test.shaped@1"), 1U);
    database.run("begin");
    database.run("update proj.checkpoint set projection = 'test.shaped@2'");
    auto older = std::async(std::launch::async, begin, "test.shaped@1");
    EXPECT_TRUE(becomes_true(
        database,
        "select exists (select from pg_locks l where not l.granted and"
        " pg_backend_pid() = any(pg_blocking_pids(l.pid)))"
    ));
    database.run("commit");
    EXPECT_THROW((void)older.get(), ProjectionStoreUnavailable);
    EXPECT_EQ(database.value("select string_agg(projection, ' ') from proj.checkpoint"), "test.shaped@2");
}

TEST_F(RebuildOnPostgres, LetsOneCommandAtATimeWorkOnAProjection) {
    project(version_one());
    const auto first = rebuild(version_one());
    EXPECT_THROW(rebuild(version_one()), pg::BesideError);
}

}  // namespace
}  // namespace annals::test
