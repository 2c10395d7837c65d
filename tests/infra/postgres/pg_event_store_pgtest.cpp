#include "infra/postgres/pg_event_store.hpp"
#include "tests/infra/postgres/append_samples.hpp"
#include "tests/support/pg_fixture.hpp"

#include <future>
#include <gtest/gtest.h>
#include <latch>
#include <thread>
#include <unordered_set>

namespace annals {
namespace {

using namespace test;

class PgEventStore : public ::testing::Test {
protected:
    /// How many sessions of the writer wait for a lock.
    bool a_writer_waits() {
        return becomes_true(
            database,
            "select count(*) > 0 from pg_stat_activity where datname = current_database() and "
            "application_name = 'annals-writer' and wait_event_type = 'Lock'"
        );
    }
    std::string heads() {
        return database.value("select string_agg(head::text, ',' order by partition) from log.partition");
    }
    std::string rows(const char* table) {
        return database.value(std::string("select count(*) from ") + table);
    }

    PgDatabase database{PgDatabase::Contents::migrated, 3};
    std::unique_ptr<EventStore> store = pg::make_pg_event_store(database.engine_dsn());
};

// The trap: of two heads one moved. Moving the other one alone would commit a gap.

TEST_F(PgEventStore, WritesNothingWhenOneOfTwoHeadsMoved) {
    AppendBatch first = expecting({{1, 0}});
    add_event(first, 0, 10);
    ASSERT_EQ(store->append(first), AppendOutcome::written);

    AppendBatch stale = expecting({{0, 0}, {1, 0}});
    add_event(stale, 0, 20);
    add_event(stale, 1, 21);
    stale.commands.push_back(command_row(20, "{}"));
    stale.reservations.push_back(reservation("acme", 20));
    stale.released_reservations.push_back(slug("other"));
    stale.counters.push_back({{kPlatformRealm, "n"}, 5});
    stale.subject_keys.push_back({uuid_of(20), kPlatformRealm, "wrapped"});
    stale.credentials.push_back({CredentialId{uuid_of(20)}, kPlatformRealm, "password", "hash"});
    EXPECT_EQ(store->append(stale), AppendOutcome::head_moved);

    EXPECT_EQ(heads(), "0,1,0");
    EXPECT_EQ(rows("log.event"), "1");
    for (const char* table :
         {"log.command", "log.reservation", "log.counter", "log.subject_key", "vault.credential"}) {
        EXPECT_EQ(rows(table), "0") << table;
    }
}

TEST_F(PgEventStore, WritesNothingWhenAHeadMovesWhileItWaitsForIt) {
    pg::Connection holder(database.engine_dsn(), pg::kMigrationSession);
    holder.execute("begin; update log.partition set head = head where partition = 1");
    AppendBatch batch = expecting({{0, 0}, {1, 0}, {2, 0}});
    for (std::size_t i = 0; i < 3; ++i) add_event(batch, i, 30 + i);
    auto outcome = std::async(std::launch::async, [&] { return store->append(batch); });
    ASSERT_TRUE(a_writer_waits());
    holder.execute("update log.partition set head = 1 where partition = 1; commit");
    EXPECT_EQ(outcome.get(), AppendOutcome::head_moved);
    EXPECT_EQ(heads(), "0,1,0");
    EXPECT_EQ(rows("log.event"), "0");
}

TEST_F(PgEventStore, WritesWhenTheHolderOfAHeadRollsBack) {
    pg::Connection holder(database.engine_dsn(), pg::kMigrationSession);
    holder.execute("begin; update log.partition set head = 5 where partition = 1");
    AppendBatch batch = expecting({{0, 0}, {1, 0}});
    add_event(batch, 0, 40);
    add_event(batch, 1, 41);
    auto outcome = std::async(std::launch::async, [&] { return store->append(batch); });
    ASSERT_TRUE(a_writer_waits());
    holder.execute("rollback");
    EXPECT_EQ(outcome.get(), AppendOutcome::written);
    EXPECT_EQ(heads(), "1,1,0");
}

TEST_F(PgEventStore, CompetingStoresLeaveDensePositions) {
    constexpr int kStores = 3;
    constexpr int kAppendsEach = 120;
    std::latch start(kStores);
    std::vector<std::jthread> threads;
    std::array<int, kStores> moved{};
    for (int t = 0; t < kStores; ++t) {
        threads.emplace_back([&, t] {
            auto mine = pg::make_pg_event_store(database.engine_dsn());
            std::uint64_t identity = 1'000'000U * static_cast<unsigned>(t + 1);
            start.arrive_and_wait();
            for (int done = 0; done < kAppendsEach;) {
                // One, two or all of the partitions, so that the sets of heads overlap in every way.
                const auto heads_now = mine->end().heads;
                AppendBatch batch;
                for (std::uint16_t p = 0; p < 3; ++p) {
                    if (((done + t) % 7 + 1) & (1 << p))
                        batch.partitions.push_back({p, heads_now[p], heads_now[p]});
                }
                for (std::size_t m = 0; m < batch.partitions.size(); ++m) add_event(batch, m, ++identity);
                const AppendOutcome outcome = mine->append(batch);
                ASSERT_TRUE(outcome == AppendOutcome::written || outcome == AppendOutcome::head_moved);
                outcome == AppendOutcome::written ? ++done : ++moved[static_cast<std::size_t>(t)];
            }
        });
    }
    threads.clear();
    RecordProperty("heads_moved", moved[0] + moved[1] + moved[2]);
    EXPECT_EQ(
        database.value(
            "select bool_and(p.head = e.count and p.head = e.max and e.min = 1) from log.partition p join "
            "(select partition, count(*), max(position), min(position) from log.event group by 1) e "
            "using (partition)"
        ),
        "t"
    );
    EXPECT_EQ(rows("log.event"), database.value("select sum(head) from log.partition"));
}

TEST_F(PgEventStore, WritesEveryPartOfABatchAndReadsItBack) {
    AppendBatch batch = expecting({{0, 0}, {2, 0}});
    const EventRow created = add_event(batch, 0, 50);
    EventRow& changed = add_event(batch, 0, 50);
    changed.version = 2;
    changed.tenant_position = 2;
    changed.causation = uuid_of(99);
    changed.line = "{\"text\":\"gr\xC3\xBC\xC3\x9F\"}";
    const EventRow second = changed;
    add_event(batch, 1, 51);
    batch.commands.push_back(command_row(50, R"({"id":"x"})"));
    batch.reservations.push_back(reservation("acme", 50));
    batch.counters.push_back({{TenantId{uuid_of(50)}, "task"}, 3});
    batch.subject_keys.push_back({uuid_of(50), TenantId{uuid_of(50)}, std::string("\0\xff key", 6)});
    batch.credentials.push_back({CredentialId{uuid_of(60)}, TenantId{uuid_of(50)}, "password", "$argon2id$1"}
    );
    ASSERT_EQ(store->append(batch), AppendOutcome::written);

    EXPECT_EQ(store->end().heads, (std::vector<std::uint64_t>{2, 0, 1}));
    EXPECT_EQ(store->end().epoch, 1U);
    const auto streams = store->read_streams(
        std::vector<StreamKey>{{2, uuid_of(51)}, {0, uuid_of(50)}, {1, uuid_of(50)}, {0, uuid_of(12345)}}
    );
    ASSERT_EQ(streams.size(), 3U);
    EXPECT_EQ(streams[0].line, created.line);
    EXPECT_EQ(streams[1].line, second.line);
    EXPECT_EQ(streams[2].partition, 2);
    const auto after = store->read_ranges(std::vector<LogRange>{{0, 1, 11}});
    ASSERT_EQ(after.size(), 1U);
    EXPECT_EQ(after[0].position, 2U);
    const std::vector<TenantId> realms{TenantId{uuid_of(51)}, TenantId{uuid_of(777)}, TenantId{uuid_of(50)}};
    EXPECT_EQ(store->tenant_heads(realms), (std::vector<std::uint64_t>{1, 0, 2}));
    const auto commands = store->find_commands(std::vector<CommandKey>{batch.commands[0].key, {}});
    ASSERT_EQ(commands.size(), 1U);
    EXPECT_EQ(commands[0].key, batch.commands[0].key);
    EXPECT_EQ(commands[0].response, R"({"id":"x"})");
    EXPECT_EQ(commands[0].request_hash, batch.commands[0].request_hash);
    EXPECT_EQ(store->find_reservation(slug("acme")), batch.reservations[0].owner);
    EXPECT_EQ(store->find_reservation(slug("none")), std::nullopt);
    EXPECT_EQ(store->counters(std::vector{batch.counters[0].key}).front(), 3);
    EXPECT_EQ(store->counters(std::vector<CounterKey>{{kPlatformRealm, "none"}}).front(), 0);
    const auto keys = store->find_subject_keys(std::vector<Uuid>{uuid_of(50), uuid_of(51)});
    ASSERT_EQ(keys.size(), 1U);
    EXPECT_EQ(keys[0].wrapped_key, batch.subject_keys[0].wrapped_key);
    EXPECT_EQ(store->find_credential(CredentialId{uuid_of(60)}), "$argon2id$1");
    EXPECT_EQ(store->find_credential(CredentialId{uuid_of(61)}), std::nullopt);
}

TEST_F(PgEventStore, StoresTheColumnsOfAnEvent) {
    AppendBatch batch = expecting({{1, 0}});
    add_event(batch, 0, 52).causation = uuid_of(99);
    ASSERT_EQ(store->append(batch), AppendOutcome::written);
    EXPECT_EQ(
        database.value(
            "select concat_ws('|', partition, position, event_id, tenant_id, tenant_position, category, "
            "stream_id, stream_version, type, schema_version, extract(epoch from effective_at), "
            "extract(epoch from recorded_at), actor_kind, actor_id, command_id, causation_id, "
            "correlation_id, encode(leaf_hash, 'hex'), line) from log.event"
        ),
        "1|1|01930000-0000-7000-8000-000000000034|01930000-0000-7000-8000-000000000034|1|task|"
        "01930000-0000-7000-8000-000000000034|1|prj.TaskCreated|1|1763700000.000000|1763700000.000001|user|"
        "01930000-0000-7000-8000-000000000001|01930000-0000-7000-8000-000000000034|"
        "01930000-0000-7000-8000-000000000063|01930000-0000-7000-8000-000000000034|"
        "3434343434343434343434343434343434343434343434343434343434343434|{\"partition\":1,\"position\":1}"
    );
}

TEST_F(PgEventStore, RefusesATakenReservationAndWritesNothing) {
    AppendBatch first = expecting({{0, 0}});
    first.reservations.push_back(reservation("acme", 1));
    ASSERT_EQ(store->append(first), AppendOutcome::written);
    AppendBatch second = expecting({{1, 0}});
    add_event(second, 0, 70);
    second.reservations.push_back(reservation("acme", 2));
    EXPECT_EQ(store->append(second), AppendOutcome::reservation_taken);
    EXPECT_EQ(heads(), "0,0,0");
    EXPECT_EQ(rows("log.event"), "0");
}

TEST_F(PgEventStore, HandsAReservationOverAndReleasesAnother) {
    AppendBatch first = expecting({{0, 0}});
    first.reservations = {reservation("acme", 1), reservation("old", 1)};
    ASSERT_EQ(store->append(first), AppendOutcome::written);
    AppendBatch second = expecting({{0, 0}});
    second.released_reservations = {slug("old"), slug("acme")};
    second.reservations = {reservation("acme", 2), reservation("new", 2)};
    ASSERT_EQ(store->append(second), AppendOutcome::written);
    EXPECT_EQ(store->find_reservation(slug("acme")), reservation("acme", 2).owner);
    EXPECT_EQ(store->find_reservation(slug("old")), std::nullopt);
    EXPECT_EQ(store->find_reservation(slug("new")), reservation("new", 2).owner);
}

TEST_F(PgEventStore, TheLastOfSeveralCountersAndCredentialsCounts) {
    AppendBatch batch = expecting({{0, 0}});
    batch.counters = {{{kPlatformRealm, "n"}, 1}, {{kPlatformRealm, "n"}, 2}};
    batch.credentials = {
        {CredentialId{uuid_of(1)}, kPlatformRealm, "token", "a"},
        {CredentialId{uuid_of(1)}, kPlatformRealm, "token", "b"}
    };
    ASSERT_EQ(store->append(batch), AppendOutcome::written);
    EXPECT_EQ(store->counters(std::vector<CounterKey>{{kPlatformRealm, "n"}}).front(), 2);
    EXPECT_EQ(store->find_credential(CredentialId{uuid_of(1)}), "b");
    ASSERT_EQ(store->append(batch), AppendOutcome::written) << "an upsert may be repeated";
}

TEST_F(PgEventStore, ACommandIdThatIsThereSaysThatTheDecisionIsOutOfDate) {
    AppendBatch batch = expecting({{0, 0}});
    batch.commands.push_back(command_row(80, "{}"));
    ASSERT_EQ(store->append(batch), AppendOutcome::written);
    EXPECT_EQ(store->append(batch), AppendOutcome::head_moved);
    EXPECT_EQ(rows("log.command"), "1");
}

TEST_F(PgEventStore, AHeadThatIsHeldTooLongIsNotWritten) {
    pg::Connection holder(database.engine_dsn(), pg::kMigrationSession);
    holder.execute("begin; update log.partition set head = head where partition = 0");
    AppendBatch batch = expecting({{0, 0}});
    add_event(batch, 0, 85);
    EXPECT_EQ(store->append(batch), AppendOutcome::not_written);
    holder.execute("rollback");
    EXPECT_EQ(store->append(batch), AppendOutcome::written);
}

TEST_F(PgEventStore, AHolderThatStandsStillLosesTheHeadsBeforeOthersGiveUp) {
    ASSERT_TRUE(store->hold_heads(std::vector<std::uint16_t>{0}).has_value());
    AppendBatch late = expecting({{0, 0}});
    add_event(late, 0, 10);
    const auto other = pg::make_pg_event_store(database.engine_dsn());
    ASSERT_EQ((LogEnd{1, {0, 0, 0}}), other->hold_heads(std::vector<std::uint16_t>{0}));
    AppendBatch batch = expecting({{0, 0}});
    add_event(batch, 0, 11);
    EXPECT_EQ(other->append(batch), AppendOutcome::written);
    // As after any broken connection it is for the log to say, and it says no.
    EXPECT_EQ(store->append(late), AppendOutcome::in_doubt);
    EXPECT_EQ(store->append(late), AppendOutcome::head_moved);
    EXPECT_EQ(heads(), "1,0,0");
}

TEST_F(PgEventStore, ACutConnectionLeavesTheOutcomeOpenAndTheCommandTableAnswersIt) {
    pg::Connection holder(database.engine_dsn(), pg::kMigrationSession);
    holder.execute("begin; update log.partition set head = head where partition = 0");
    AppendBatch batch = expecting({{0, 0}});
    add_event(batch, 0, 90);
    batch.commands.push_back(command_row(90, "{}"));
    auto outcome = std::async(std::launch::async, [&] { return store->append(batch); });
    ASSERT_TRUE(a_writer_waits());
    database.run(
        "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and "
        "application_name = 'annals-writer'"
    );
    EXPECT_EQ(outcome.get(), AppendOutcome::in_doubt);
    holder.execute("rollback");
    EXPECT_TRUE(store->find_commands(std::vector<CommandKey>{batch.commands[0].key}).empty());
    EXPECT_EQ(store->append(batch), AppendOutcome::written);
    EXPECT_EQ(heads(), "1,0,0");
}

TEST_F(PgEventStore, AnAppendThatWasCommittedBeforeTheCutIsFoundInTheCommandTable) {
    AppendBatch batch = expecting({{0, 0}});
    add_event(batch, 0, 91);
    batch.commands.push_back(command_row(91, "{}"));
    ASSERT_EQ(store->append(batch), AppendOutcome::written);
    database.run(
        "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and "
        "application_name = 'annals-writer'"
    );
    ASSERT_TRUE(becomes_true(
        database,
        "select count(*) = 0 from pg_stat_activity where datname = current_database() and "
        "application_name = 'annals-writer'"
    ));
    // Appending the same again after an outcome in doubt never writes it twice.
    EXPECT_EQ(store->append(batch), AppendOutcome::in_doubt);
    EXPECT_EQ(store->append(batch), AppendOutcome::head_moved);
    EXPECT_EQ(store->find_commands(std::vector<CommandKey>{batch.commands[0].key}).size(), 1U);
    EXPECT_EQ(rows("log.event"), "1");
}

TEST_F(PgEventStore, ReadsOnAfterItsIdleConnectionWasClosed) {
    (void)store->end();
    for (int i = 0; i < 2; ++i) {
        database.run(
            "select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = current_database() "
            "and application_name = 'annals-writer'"
        );
        // Once with a statement that the closed session had prepared, once with a new one.
        if (i == 0) EXPECT_EQ(store->end().heads.size(), 3U);
        if (i == 1) EXPECT_TRUE(store->find_commands(std::vector<CommandKey>{{}}).empty());
    }
}

TEST_F(PgEventStore, FindsTheCardBesideARank) {
    pg::Connection engine(database.engine_dsn(), pg::kProjectorSession);
    const TenantId realm{uuid_of(1)};
    constexpr pg::Statement kInsert{
        "insert_task",
        "insert into prj.task (tenant_id, id, project_id, number, key, title, type, column_id, "
        "category, priority, assignees, reporter, labels, rank, created_at, updated_at, version) "
        "values ($1, $2, $3, 1, 'P-1', 't', 'task', $4, 'open', 'low', '[]', $1, '[]', $5, now(), "
        "now(), 1)"
    };
    std::uint64_t id = 100;
    for (const char* rank : {"B", "a", "c"}) {
        engine.query(
            kInsert, pg::Params{}.uuid(realm).uuid(uuid_of(++id)).uuid(uuid_of(2)).uuid(uuid_of(3)).text(rank)
        );
    }
    const auto beside = [&](TenantId of, const char* rank, bool before) {
        return store->find_neighbour_rank(of, uuid_of(2), uuid_of(3), rank, before);
    };
    EXPECT_EQ(beside(realm, "a", false), "c");
    EXPECT_EQ(beside(realm, "a", true), "B") << "ranks sort by their bytes";
    EXPECT_EQ(beside(realm, "B", true), std::nullopt);
    EXPECT_EQ(beside(realm, "c", false), std::nullopt);
    EXPECT_EQ(beside(TenantId{uuid_of(9)}, "a", false), std::nullopt);
}

TEST(PgEventStoreWithoutServer, AppendAnswersAndReadsThrowUnavailable) {
    auto store = pg::make_pg_event_store("host=127.0.0.1 port=1 user=nobody dbname=none connect_timeout=2");
    AppendBatch batch = expecting({{0, 0}});
    EXPECT_EQ(store->append(batch), AppendOutcome::not_written);
    EXPECT_THROW(store->end(), StoreUnavailable);
}

TEST_F(PgEventStore, ReadsStreamsByIndexInATableThatWasEmptyWhenThePlanWasMade) {
    const std::string_view others =
        "select count(*) = 0 from pg_stat_activity where datname = current_database() and pid <> "
        "pg_backend_pid()";
    ASSERT_TRUE(becomes_true(database, std::string(others)));
    database.run("select pg_stat_reset()");
    (void)store->read_streams(std::vector<StreamKey>{{0, uuid_of(1)}});
    AppendBatch batch = expecting({{0, 0}});
    for (std::uint64_t i = 0; i < 3000; ++i) add_event(batch, 0, 5000 + i);
    ASSERT_EQ(store->append(batch), AppendOutcome::written);
    EXPECT_EQ(store->read_streams(std::vector<StreamKey>{{0, uuid_of(5100)}, {0, uuid_of(5200)}}).size(), 2U);
    EXPECT_EQ(store->tenant_heads(std::vector<TenantId>{TenantId{uuid_of(5100)}}).size(), 1U);
    store.reset();  // a session that ends hands in its statistics
    EXPECT_TRUE(becomes_true(
        database,
        "select seq_scan = 0 and idx_scan > 0 from pg_stat_user_tables where relid = 'log.event'::regclass"
    ));
}

}  // namespace
}  // namespace annals
