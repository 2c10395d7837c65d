#include "infra/kafka/topic_tail.hpp"
#include "infra/postgres/pg_event_store.hpp"
#include "infra/postgres/pg_relay_log.hpp"
#include "tests/infra/postgres/append_samples.hpp"
#include "tests/support/kafka/child_process.hpp"
#include "tests/support/kafka/kafka_proxy.hpp"
#include "tests/support/kafka/kafka_support.hpp"
#include "tests/support/pg_fixture.hpp"

#include <array>
#include <chrono>
#include <cstdlib>
#include <gtest/gtest.h>
#include <iostream>
#include <librdkafka/rdkafka.h>
#include <memory>
#include <random>
#include <thread>

namespace annals::kafka {
namespace {

using namespace test;
using annals::test::add_event;
using annals::test::expecting;
using annals::test::PgDatabase;
using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

constexpr std::uint16_t kPartitions = 4;
constexpr int kTransactionTimeoutMs = 60'000;
/// One more or less decides nothing; the figure was measured with 20.
constexpr int kTrialsDefault = 3;

int trials() {
    const char* const given = std::getenv("ANNALS_RELAY_TRIALS");
    return given == nullptr ? kTrialsDefault : std::atoi(given);
}

milliseconds since(Clock::time_point start) {
    return std::chrono::duration_cast<milliseconds>(Clock::now() - start);
}

/// Relays in processes of their own over one log in PostgreSQL and one topic on the broker.
class RelayFailover : public testing::Test {
protected:
    std::unique_ptr<ChildProcess> start(
        const std::string& name, const std::string& bootstrap,
        int transaction_timeout_ms = kTransactionTimeoutMs
    ) const {
        return std::make_unique<ChildProcess>(std::vector<std::string>{
            ANNALS_RELAY_ON_LOG, database_.engine_dsn() + " application_name=" + name, bootstrap,
            topic_.name(), std::to_string(kPartitions), std::to_string(transaction_timeout_ms),
            std::to_string(getpid())
        });
    }
    std::unique_ptr<ChildProcess> start(const std::string& name) const {
        return start(name, broker_.bootstrap);
    }

    /// Appends `batches` of 25 events to each partition.
    void append(int batches) {
        for (int batch = 0; batch < batches; ++batch) {
            const LogEnd end = store_->end();
            AppendBatch more =
                expecting({{0, end.heads[0]}, {1, end.heads[1]}, {2, end.heads[2]}, {3, end.heads[3]}});
            for (std::size_t partition = 0; partition < kPartitions; ++partition) {
                for (int event = 0; event < 25; ++event) add_event(more, partition, ++identity_);
            }
            ASSERT_EQ(store_->append(more), AppendOutcome::written);
        }
    }

    /// The name of the session that holds the lease; empty when none does.
    std::string leader() {
        return database_.value(
            "select coalesce(min(a.application_name), '') from pg_locks l join pg_stat_activity a using "
            "(pid) "
            "where l.locktype = 'advisory' and l.granted and a.datname = current_database()"
        );
    }
    bool becomes_leader(const std::string& name) {
        return eventually([&] { return leader() == name; });
    }
    bool all_published() {
        const auto heads = store_->end().heads;
        std::vector<Tail> tails;
        try {
            tails = read_topic_tails(broker_, topic_.name(), kPartitions, LogCapture().sink());
        } catch (const std::runtime_error&) {
            return false;  // the topic is not there yet
        }
        for (std::size_t p = 0; p < kPartitions; ++p) {
            const auto* const last = std::get_if<TailRecord>(&tails[p]);
            if ((last == nullptr ? 0 : last->position) != heads[p]) return false;
        }
        return true;
    }
    void expect_all_published() {
        ASSERT_TRUE(eventually([&] { return all_published(); }, std::chrono::seconds(60)));
    }
    void expect_topic_equals_log() {
        const auto topic = read_topic(broker_, topic_.name(), kPartitions);
        const auto log = pg::open_log_pages(database_.engine_dsn());
        const auto heads = log->end().heads;
        for (std::uint16_t p = 0; p < kPartitions; ++p) {
            ASSERT_EQ(topic[p].size(), heads[p]) << "partition " << p;
            for (std::uint64_t position = 1; position <= heads[p];) {
                for (const LogRecord& record : log->read(p, position - 1, 1'000, 1 << 20)) {
                    ASSERT_EQ(topic[p][position - 1].header("position"), std::to_string(position));
                    ASSERT_EQ(topic[p][position - 1].value, record.line);
                    ++position;
                }
            }
        }
    }

    BrokerAddress broker_ = real_broker();
    TestTopic topic_{broker_};
    PgDatabase database_{PgDatabase::Contents::migrated, kPartitions};
    std::unique_ptr<EventStore> store_ = pg::make_pg_event_store(database_.engine_dsn());
    std::uint64_t identity_{0};
    std::mt19937_64 random_{test_seed()};
};

TEST_F(RelayFailover, AStandbyTakesOverFromALeaderThatWasKilledOrStopped) {
    auto leading = start("relay-0");
    ASSERT_TRUE(becomes_leader("relay-0"));
    append(1);
    expect_all_published();
    for (int round = 1; round <= 2 * trials(); ++round) {
        const auto next_name = "relay-" + std::to_string(round);
        auto next = start(next_name);
        ASSERT_TRUE(eventually([&] {
            return database_.value(
                       "select count(*) from pg_stat_activity where application_name = '" + next_name + "'"
                   ) == "1";
        }));
        append(20);
        const bool killed = round % 2 == 1;
        const auto before = Clock::now();
        leading->send(killed ? SIGKILL : SIGTERM);
        ASSERT_TRUE(becomes_leader(next_name));
        const auto lease = since(before);
        ASSERT_TRUE(eventually([&] { return all_published(); }));
        std::cout << (killed ? "kill -9" : "SIGTERM") << ": lease taken after " << lease.count()
                  << " ms, all published after " << since(before).count() << " ms\n";
        EXPECT_LE(lease, milliseconds(killed ? 5'000 : 1'000));
        EXPECT_LE(since(before), milliseconds(5'000));
        if (!killed) EXPECT_TRUE(leading->ends_within(milliseconds(5'000)));
        leading = std::move(next);
    }
    expect_topic_equals_log();
}

TEST_F(RelayFailover, APausedLeaderThatWakesUpLeavesEachPositionOnce) {
    std::array<std::unique_ptr<ChildProcess>, 2> relays{start("relay-0"), start("relay-1")};
    const std::array<std::string, 2> names{"relay-0", "relay-1"};
    ASSERT_TRUE(eventually([&] { return !leader().empty(); }));
    for (int trial = 1; trial <= trials(); ++trial) {
        const std::size_t paused = leader() == names[0] ? 0 : 1;
        std::jthread appending([&] { append(60); });
        // At any moment of a transaction, with events waiting in the log and in its queue.
        (void)relays[paused]->ends_within(milliseconds(random_() % 250));
        relays[paused]->send(SIGSTOP);
        const auto before = Clock::now();
        database_.run(
            "select pg_terminate_backend(pid, 5000) from pg_stat_activity where application_name = '" +
            names[paused] + "'"
        );
        ASSERT_TRUE(becomes_leader(names[1 - paused]));
        appending.join();
        expect_all_published();
        std::cout << "trial " << trial << ": all published by the standby after " << since(before).count()
                  << " ms\n";
        relays[paused]->send(SIGCONT);
        ASSERT_TRUE(eventually([&] {
            return database_.value(
                       "select count(*) from pg_stat_activity where application_name = '" + names[paused] +
                       "'"
                   ) == "1";
        })) << "it stands by again";
        append(2);
        expect_all_published();
    }
    expect_topic_equals_log();
}

TEST_F(RelayFailover, ABrokerThatIsAwayLongerThanATransactionMayTakeIsCaughtUpWith) {
    constexpr int kShortTransactionMs = 3'000;
    constexpr int kCutsMax = 100;
    KafkaProxy network(broker_.bootstrap);
    const auto relay = start("relay-0", network.address(), kShortTransactionMs);
    append(2);
    expect_all_published();
    const auto open_transaction = [&] {
        return topic_end(broker_, topic_.name(), kPartitions, "read_committed") !=
               topic_end(broker_, topic_.name(), kPartitions, "read_uncommitted");
    };
    int cuts = 0;
    // Most cuts fall between two transactions.
    for (bool open = false; !open; ++cuts) {
        ASSERT_LT(cuts, kCutsMax) << "no cut left a transaction open";
        network.restore();
        expect_all_published();
        std::jthread appending([&] { append(20); });
        (void)relay->ends_within(milliseconds(random_() % 60));
        network.swallow();
        appending.join();
        open = open_transaction();
    }
    std::cout << "cut " << cuts << " left a transaction open\n";
    // The broker looks for such transactions every ten seconds and takes this one back.
    const auto before = Clock::now();
    ASSERT_TRUE(eventually([&] { return !open_transaction(); }, std::chrono::seconds(40)));
    std::cout << "taken back by the broker after " << since(before).count() << " ms\n";
    append(5);
    network.restore();
    expect_all_published();
    expect_topic_equals_log();
}

TEST_F(RelayFailover, ANetworkCutBetweenLeaderAndBrokerLosesNothingAndRepeatsNothing) {
    KafkaProxy network(broker_.bootstrap);
    const auto relay = start("relay-0", network.address());
    append(1);
    expect_all_published();
    for (int trial = 1; trial <= trials(); ++trial) {
        std::jthread appending([&] { append(40); });
        (void)relay->ends_within(milliseconds(random_() % 200));
        network.swallow();
        (void)relay->ends_within(milliseconds(500 + random_() % 1'500));
        network.restore();
        appending.join();
        expect_all_published();
    }
    expect_topic_equals_log();
}

TEST_F(RelayFailover, ARelayWhoseBrokerIsAwayStopsWithinTwoSeconds) {
    KafkaProxy network(broker_.bootstrap);
    for (const int moment_ms : {0, 30, 400}) {
        auto relay = start("relay-0", network.address());
        if (moment_ms > 0) {
            append(1);
            expect_all_published();
            append(20);
            (void)relay->ends_within(milliseconds(moment_ms));
        }
        network.swallow();
        (void)relay->ends_within(milliseconds(300));
        const auto before = Clock::now();
        relay->send(SIGTERM);
        ASSERT_TRUE(relay->ends_within(milliseconds(20'000)));
        std::cout << "stopped " << since(before).count() << " ms after SIGTERM\n";
        EXPECT_LE(since(before), milliseconds(2'000));
        network.restore();
    }
}

TEST_F(RelayFailover, AConsumerGroupOfAnOutsiderDisturbsNothing) {
    const auto relay = start("relay-0");
    append(1);
    expect_all_published();
    const OutsiderGroup outsider(broker_, topic_.name());
    append(40);
    expect_all_published();
    ASSERT_TRUE(eventually([&] { return outsider.seen() >= 41U * 25U * kPartitions; })) << outsider.seen();
    EXPECT_EQ(outsider.seen(), 41U * 25U * kPartitions);
    expect_topic_equals_log();
}

}  // namespace
}  // namespace annals::kafka
