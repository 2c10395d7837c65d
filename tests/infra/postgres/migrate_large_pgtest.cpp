#include "infra/postgres/migrate.hpp"
#include "tests/support/pg_fixture.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <thread>

// Each migration on a log that is already large, while somebody appends to it.
namespace annals::test {
namespace {

using pg::Migration;
using Clock = std::chrono::steady_clock;
using Milliseconds = std::chrono::duration<double, std::milli>;

constexpr int kEvents = 100'000;
constexpr std::uint16_t kPartitions = 4;
/// The schema of the first release; what came later is applied to a log that was filled under it.
constexpr int kFirstSchema = 401;
constexpr Milliseconds kMigrationLimit{30'000};
/// How long a client's command may be held up by a migration. A writer's statement waits ten seconds.
constexpr Milliseconds kAppendLimit{2'000};

std::vector<Migration> up_to(int number) {
    std::vector<Migration> chosen;
    for (const Migration& migration : pg::embedded_migrations()) {
        if (migration.number <= number) chosen.push_back(migration);
    }
    return chosen;
}

/// Events of 1,000 streams in 40 realms, and a query row and a stored answer for each stream.
void fill(PgDatabase& database) {
    database.run(fmt::format(
        "insert into log.event (partition, position, tenant_id, tenant_position, stream_id, stream_version,"
        " event_id, effective_at, recorded_at, schema_version, actor_id, command_id, correlation_id, "
        "category,"
        " type, actor_kind, leaf_hash, line)"
        " select n % {1}, n / {1} + 1, md5('realm' || n % 40)::uuid, n / 40 + 1, md5('stream' || n % "
        "1000)::uuid,"
        " n / 1000 + 1, md5('event' || n)::uuid, now(), now(), 1, md5('actor')::uuid, md5('c' || n)::uuid,"
        " md5('c' || n)::uuid, 'task', 'prj.TaskMoved', 'user', sha256(n::text::bytea), repeat('x', 600)"
        " from generate_series(0, {0} - 1) n",
        kEvents, kPartitions
    ));
    database.run(fmt::format("update log.partition set head = {}", kEvents / kPartitions));
    database.run(
        "insert into log.command (tenant_id, command_id, request_hash, response)"
        " select md5('realm' || n % 40)::uuid, md5('c' || n)::uuid, sha256(n::text::bytea), '{}'"
        " from generate_series(0, 9999) n"
    );
    database.run("vacuum analyze");
}

/// Appends one event after the other as annals_engine, the way every schema since the first allows: under the
/// lock of the head row. Keeps the longest time that one append took.
class Appender {
public:
    explicit Appender(const std::string& dsn)
        : thread_([this, dsn](const std::stop_token& stop) {
              pg::Connection connection(dsn, pg::kWriterSession);
              for (int n = 0; !stop.stop_requested(); ++n) {
                  const auto begin = Clock::now();
                  append(connection, n);
                  const Milliseconds took = Clock::now() - begin;
                  longest_ = std::max(longest_.load(), took.count());
                  ++appended_;
              }
          }) {}

    [[nodiscard]] int appended() const { return appended_; }
    double take_longest() { return longest_.exchange(0); }

private:
    static void append(pg::Connection& connection, int n) {
        connection.execute(fmt::format(
            "with head as (update log.partition set head = head + 1 where partition = 0 returning head)"
            " insert into log.event (partition, position, tenant_id, tenant_position, stream_id,"
            " stream_version, event_id, effective_at, recorded_at, schema_version, actor_id, command_id,"
            " correlation_id, category, type, actor_kind, leaf_hash, line)"
            " select 0, head, md5('new realm')::uuid, {0} + 1, md5('new stream')::uuid, {0} + 1,"
            " md5('new' || {0})::uuid, now(), now(), 1, md5('actor')::uuid, md5('new' || {0})::uuid,"
            " md5('new' || {0})::uuid, 'task', 'prj.TaskMoved', 'user', sha256('x'), 'x' from head",
            n
        ));
    }

    std::atomic<double> longest_{0};
    std::atomic<int> appended_{0};
    std::jthread thread_;
};

/// Waits until somebody else's append has been seen, so that a migration is really applied beside appends.
void wait_for_appends(const Appender& appender, int more) {
    const int wanted = appender.appended() + more;
    const auto until = Clock::now() + std::chrono::seconds(20);
    while (appender.appended() < wanted && Clock::now() < until) std::this_thread::yield();
    ASSERT_GE(appender.appended(), wanted) << "appends stand still";
}

TEST(MigrateLargeLog, HoldsNoAppendUpForLong) {
    PgDatabase database(PgDatabase::Contents::none);
    const auto first = up_to(kFirstSchema);
    pg::migrate({.owner_dsn = database.owner_dsn(), .partitions = kPartitions, .migrations = first});
    fill(database);
    Appender appender(database.engine_dsn());
    int later = 0;
    for (const Migration& migration : pg::embedded_migrations()) {
        if (migration.number <= kFirstSchema) continue;
        wait_for_appends(appender, 10);
        appender.take_longest();
        const auto begin = Clock::now();
        const auto known = up_to(migration.number);
        const auto report = pg::migrate({.owner_dsn = database.owner_dsn(), .migrations = known});
        const Milliseconds took = Clock::now() - begin;
        ASSERT_EQ(report.applied, std::vector<std::string>{std::string(migration.name)});
        wait_for_appends(appender, 10);
        const Milliseconds held{appender.take_longest()};
        std::printf(
            "%-36s %6.0f ms, longest append %6.0f ms\n", report.applied[0].c_str(), took.count(), held.count()
        );
        EXPECT_LT(took, kMigrationLimit) << migration.name;
        EXPECT_LT(held, kAppendLimit) << migration.name << " keeps appends waiting";
        ++later;
    }
    EXPECT_GT(later, 0) << "there is nothing to test";
    // Nothing was lost or changed on the way.
    EXPECT_EQ(
        database.value(fmt::format(
            "select count(*) = {} and bool_and(length(line) = 600) from log.event where type = "
            "'prj.TaskMoved' "
            "and line <> 'x'",
            kEvents
        )),
        "t"
    );
}

}  // namespace
}  // namespace annals::test
