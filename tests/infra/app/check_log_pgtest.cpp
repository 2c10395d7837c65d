#include "infra/app/check_log.hpp"
#include "infra/postgres/pg_event_store.hpp"
#include "tests/support/event_log.hpp"
#include "tests/support/pg_fixture.hpp"
#include "tests/support/project_events.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <string>
#include <utility>
#include <vector>

namespace annals::app {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::uint64_t kEvents = 60;
constexpr std::size_t kStreams = 12;

struct Tampering {
    std::string name, sql;
    std::vector<std::string> problems;
};

/// Two partitions with a realm in each; streams have five events, which lie far apart.
class CheckLog : public testing::Test {
protected:
    CheckLog() {
        test::EventLog log{2};
        for (std::uint64_t i = 0; i < kEvents; ++i) {
            const TenantId tenant{test::uuid(i % 2 == 0 ? 0xa0 : 0xa1)};
            const auto number = static_cast<std::int64_t>(i);
            log.add(
                tenant, test::uuid(1 + i % kStreams),
                test::task_created(ProjectId{test::uuid(500)}, number, "note")
            );
        }
        EXPECT_EQ(log.append_to(*pg::make_pg_event_store(database.engine_dsn())), AppendOutcome::written);
        tamper("");
    }

    /// What only somebody with all rights over the database can do, who makes the hashes fit again.
    void tamper(const std::string& sql) {
        database.run("alter table log.event disable trigger all");
        if (!sql.empty()) database.run(sql);
        database.run("update log.event set leaf_hash = sha256('\\x00'::bytea || convert_to(line, 'UTF8'))");
        database.run("alter table log.event enable trigger all");
    }

    LogVerifier check(std::uint64_t range_events = 7, std::size_t threads = 2) {
        return check_log(database.engine_dsn(), {threads, range_events, {}});
    }

    /// Does one after the other and undoes it again.
    void find(const std::vector<Tampering>& tamperings) {
        database.run("create table public.kept as table log.event");
        for (const Tampering& tampering : tamperings) {
            SCOPED_TRACE(tampering.name);
            tamper(tampering.sql);
            const auto expected = check(1000, 1).problems();
            for (const std::string& problem : tampering.problems)
                EXPECT_THAT(expected, Contains(HasSubstr(problem)));
            for (const std::uint64_t range_events : {1U, 7U, 15U}) {
                const LogVerifier verifier = check(range_events);
                EXPECT_EQ(verifier.problems(), expected) << "in pieces of " << range_events;
                EXPECT_EQ(verifier.problem_count(), expected.size());
            }
            tamper("delete from log.event");
            tamper("insert into log.event table public.kept");
            database.run("update log.partition set head = 30, epoch = 1");
            ASSERT_THAT(check().problems(), IsEmpty()) << "the next one begins with a log that holds";
        }
    }

    test::PgDatabase database{test::PgDatabase::Contents::migrated, 2};
};

TEST_F(CheckLog, FindsNothingInPiecesOfAnySizeOnAnyNumberOfThreads) {
    for (const std::uint64_t range_events : {1U, 2U, 7U, 29U, 30U, 31U, 1000U}) {
        for (const std::size_t threads : {1U, 2U, 5U}) {
            const LogVerifier verifier = check(range_events, threads);
            EXPECT_EQ(verifier.events(), kEvents) << range_events << " by " << threads;
            EXPECT_THAT(verifier.problems(), IsEmpty()) << range_events << " by " << threads;
            EXPECT_EQ(verifier.problem_count(), 0U);
        }
    }
}

TEST_F(CheckLog, TellsHowFarItIs) {
    std::vector<std::uint64_t> told;
    const LogCheckOptions options{2, 7, [&](std::uint64_t done, std::uint64_t of) {
                                      EXPECT_EQ(of, kEvents);
                                      told.push_back(done);
                                  }};
    check_log(database.engine_dsn(), options);
    EXPECT_TRUE(std::ranges::is_sorted(told));
    EXPECT_EQ(told.back(), kEvents);
    EXPECT_GT(told.size(), 5U);
}

TEST_F(CheckLog, ReadsOneMomentOfTheLog) {
    bool first = true;
    const LogCheckOptions options{1, 1, [&](std::uint64_t, std::uint64_t) {
                                      if (!std::exchange(first, false)) return;
                                      tamper("delete from log.event where position > 20");
                                  }};
    EXPECT_THAT(check_log(database.engine_dsn(), options).problems(), IsEmpty());
    EXPECT_THAT(
        check().problems(), ElementsAre(
                                "partition 0: the head is 30, the last event is 20",
                                "partition 1: the head is 30, the last event is 20"
                            )
    );
}

const std::string kHere = "partition 1 position 15: ";
const std::string kOtherColumn = kHere + "a column says something else than the line";

std::string set(const std::string& what) {
    return "update log.event set " + what + " where partition = 1 and position = 15";
}
std::string in_line(const std::string& from, const std::string& to) {
    return set(fmt::format("line = replace(line, '{}', '{}')", from, to));
}

const std::string kCause = "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b";
std::string with_causation(const std::string& cause) {
    return in_line("\"correlationid\"", "\"causationid\":\"" + cause + "\",\"correlationid\"");
}

const std::vector<Tampering> kEventsChanged{
    {"event_id", set("event_id = gen_random_uuid()"), {kOtherColumn}},
    {"type", set("type = 'prj.TaskMoved'"), {kOtherColumn}},
    {"category", set("category = 'project'"), {kOtherColumn}},
    {"stream",
     set("stream_id = '0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b'"),
     {kHere + "version 3 of its stream follows version 0", kOtherColumn,
      "partition 1 position 21: version 4 of its stream follows version 2"}},
    {"version",
     set("stream_version = 7"),
     {kHere + "version 7 of its stream follows version 2", kOtherColumn,
      "partition 1 position 21: version 4 of its stream follows version 7"}},
    {"realm",
     set("tenant_id = '0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b'"),
     {kHere + "realm position 15 follows 0", kOtherColumn,
      "partition 1 position 16: realm position 16 follows 14"}},
    {"realm_position",
     set("tenant_position = 99"),
     {kHere + "realm position 99 follows 14", kOtherColumn,
      "partition 1 position 16: realm position 16 follows 99"}},
    {"schema_version", set("schema_version = 2"), {kOtherColumn}},
    {"effective_at", set("effective_at = effective_at + interval '1 microsecond'"), {kOtherColumn}},
    {"effective_at_no_time", set("effective_at = 'infinity'"), {kOtherColumn}},
    {"recorded_at", set("recorded_at = recorded_at - interval '1 microsecond'"), {kOtherColumn}},
    {"recorded_at_no_time", set("recorded_at = '-infinity'"), {kOtherColumn}},
    {"actor_kind", set("actor_kind = 'service'"), {kOtherColumn}},
    {"actor", set("actor_id = gen_random_uuid()"), {kOtherColumn}},
    {"command", set("command_id = gen_random_uuid()"), {kOtherColumn}},
    {"causation_of_none", set("causation_id = gen_random_uuid()"), {kOtherColumn}},
    {"no_causation", with_causation(kCause), {kOtherColumn}},
    {"causation", with_causation(kCause) + ";" + set("causation_id = gen_random_uuid()"), {kOtherColumn}},
    {"correlation", set("correlation_id = gen_random_uuid()"), {kOtherColumn}},
    {"not_json", set("line = left(line, -1)"), {kHere + "the line cannot be read: malformed_json"}},
    {"unknown_type",
     in_line("\"prj.TaskCreated\"", "\"prj.TaskInvented\""),
     {kHere + "the line cannot be read: unknown_type"}},
    {"missing_field", in_line("\"priority\"", "\"urgency\""), {"the line cannot be read: missing, /data"}},
    {"attribute_twice",
     in_line("\"position\":\"15\"", "\"position\":\"15\",\"position\":\"16\""),
     {kHere + "the line cannot be read: bad_attribute, attribute 'position' stands there twice"}},
    {"line_of_another_position", in_line("\"position\":\"15\"", "\"position\":\"16\""), {kOtherColumn}},
    {"line_of_another_partition", in_line("\"partition\":1", "\"partition\":0"), {kOtherColumn}},
    {"epoch", in_line("\"epoch\":1", "\"epoch\":2"), {kHere + "the line is of epoch 2, appended in epoch 1"}},
};

const std::vector<Tampering> kEventsMovedOrGone{
    {"gap",
     "delete from log.event where partition = 1 and position = 14",
     {kHere + "the position before it was 13", "realm position 15 follows 13",
      "partition 1 position 20: version 4 of its stream follows version 2"}},
    {"gap_as_long_as_a_piece",
     "delete from log.event where partition = 1 and position between 8 and 14",
     {kHere + "the position before it was 7"}},
    {"no_beginning",
     "delete from log.event where partition = 1 and position <= 14",
     {kHere + "the position before it was 0"}},
    {"no_end",
     "delete from log.event where partition = 1 and position >= 15",
     {"partition 1: the head is 30, the last event is 14"}},
    {"nothing_left",
     "delete from log.event where partition = 1",
     {"partition 1: the head is 30, the last event is 0"}},
    {"beyond_the_head",
     "update log.partition set head = 14 where partition = 1",
     {"partition 1: the head is 14, the last event is 30"}},
    {"before_the_beginning",
     "alter table log.event drop constraint event_position_check; "
     "update log.event set position = -3 where partition = 1 and position = 1",
     {"the position before it was 0", "partition 1 position 2: the position before it was"}},
    {"no_such_partition",
     "update log.event set partition = 7 where partition = 1 and position = 30",
     {"partition 7: there are events, but no head", "partition 1: the head is 30, the last event is 29"}},
    {"negative_partition",
     "update log.event set partition = -1 where partition = 1 and position = 30",
     {"partition -1: there are events, but no head"}},
    {"head_of_another_epoch",
     "update log.partition set epoch = 2 where partition = 1",
     {"partition 1: the head is in epoch 2, log.epoch says 1"}},
    {"stream_of_another_partition",
     "update log.event e set stream_id = o.stream_id, line = replace(line, e.stream_id::text, "
     "o.stream_id::text)"
     " from (select stream_id from log.event where partition = 0 and position = 1) o"
     " where partition = 1 and position = 1",
     {"partition 1 position 1: version 1 of its stream follows version 5"}},
    {"versions_swapped",
     "alter table log.event drop constraint event_stream_version;"
     "update log.event set stream_version = 5 - stream_version, line = replace(line, "
     "format('\"streamversion\":\"%s\"', stream_version), format('\"streamversion\":\"%s\"', 5 - "
     "stream_version)) where partition = 1 and position in (9, 15)",
     {"partition 1 position 9: version 3 of its stream follows version 1",
      "partition 1 position 15: version 2 of its stream follows version 3"}},
};

TEST_F(CheckLog, FindsEventsThatWereChanged) {
    find(kEventsChanged);
}
TEST_F(CheckLog, FindsNothingWhereAnEventHasACause) {
    tamper(with_causation(kCause) + ";" + set("causation_id = '" + kCause + "'"));
    EXPECT_THAT(check().problems(), IsEmpty());
}
TEST_F(CheckLog, FindsEventsThatWereMovedOrAreGone) {
    find(kEventsMovedOrGone);
}

TEST_F(CheckLog, FindsAHashThatDoesNotFitTheLine) {
    for (const char* change : {"line = replace(line, 'note', 'nota')", "leaf_hash = sha256('x')"}) {
        database.run("alter table log.event disable trigger all");
        database.run(set(change));
        database.run("alter table log.event enable trigger all");
        EXPECT_THAT(check().problems(), ElementsAre(kHere + "the leaf hash does not match the line"));
        tamper("");
        EXPECT_THAT(check().problems(), IsEmpty());
    }
}

TEST_F(CheckLog, CountsMoreProblemsThanItTells) {
    tamper(
        "update log.event set type = 'prj.TaskMoved', category = 'project', tenant_position = "
        "tenant_position + 1000 * position"
    );
    for (const std::uint64_t range_events : {1U, 7U, 1000U}) {
        const LogVerifier verifier = check(range_events);
        EXPECT_EQ(verifier.problem_count(), 2 * kEvents);
        EXPECT_EQ(verifier.problems().size(), kProblemsMax);
    }
}

TEST_F(CheckLog, EndsWhenItsReadersMayNotRead) {
    database.run("revoke select on log.event from annals_engine");
    database.run("grant select (partition) on log.event to annals_engine");
    EXPECT_THROW(check(1, 4), pg::PgError);
}

}  // namespace
}  // namespace annals::app
