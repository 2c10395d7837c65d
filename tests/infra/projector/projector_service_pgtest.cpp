#include "infra/kafka/embedded_broker.hpp"
#include "infra/kafka/event_producer.hpp"
#include "infra/postgres/pg_event_store.hpp"
#include "infra/postgres/projection_store.hpp"
#include "infra/projector/projector_service.hpp"
#include "infra/projector/visibility_feed.hpp"
#include "projections/catalogue.hpp"
#include "projections/kernel/visibility.hpp"
#include "tests/support/event_log.hpp"
#include "tests/support/kafka/kafka_support.hpp"
#include "tests/support/older_catalogue.hpp"
#include "tests/support/pg_fixture.hpp"
#include "tests/support/project_events.hpp"

#include <atomic>
#include <gtest/gtest.h>
#include <mutex>
#include <set>

namespace annals::projector {
namespace {

using namespace test;
using namespace std::chrono_literals;

constexpr std::uint16_t kPartitions = 2;
const TenantId kOrg{uuid(0xa0)};       // lives in partition 0
const TenantId kOtherOrg{uuid(0xa1)};  // and this one in 1
const ProjectId kProject{uuid(500)};

void keep_quiet(kafka::Severity, std::string_view, const std::string&) {}

/// The service only borrows the test's log.
class BorrowedLog final : public LogReader {
public:
    explicit BorrowedLog(LogReader& log) : log_(log) {}
    std::vector<LogLine> read(std::uint16_t partition, std::uint64_t after, std::size_t limit) override {
        return log_.read(partition, after, limit);
    }

private:
    LogReader& log_;
};

/// The database's log, which counts how often a partition is read.
class CountedLog final : public LogReader {
public:
    CountedLog(std::unique_ptr<LogReader> log, std::uint16_t partition, std::atomic<int>& reads)
        : log_(std::move(log)), partition_(partition), reads_(reads) {}
    std::vector<LogLine> read(std::uint16_t partition, std::uint64_t after, std::size_t limit) override {
        if (partition == partition_) ++reads_;
        return log_->read(partition, after, limit);
    }

private:
    std::unique_ptr<LogReader> log_;
    std::uint16_t partition_;
    std::atomic<int>& reads_;
};

/// The test's log, whose first page of partition 0 is damaged.
class DamagedLogReader final : public LogReader {
public:
    explicit DamagedLogReader(LogReader& log) : log_(log) {}
    std::vector<LogLine> read(std::uint16_t partition, std::uint64_t after, std::size_t limit) override {
        if (partition == 0 && after < 2) throw LogDamaged(0, "invalid page");
        return log_.read(partition, after, limit);
    }

private:
    LogReader& log_;
};

class ProjectorServiceOnPostgres : public ::testing::Test {
protected:
    std::unique_ptr<ProjectorService> start() { return start(std::make_unique<BorrowedLog>(log)); }
    std::unique_ptr<ProjectorService> start(
        std::unique_ptr<LogReader> reader,
        const contract::EventCatalogue& catalogue = contract::event_catalogue()
    ) {
        const std::string member = make_member_name();
        auto service = std::make_unique<ProjectorService>(
            ServiceSettings{{broker.address(), std::string(kafka::kEventsTopic), "test"}},
            projection_catalogue(), pg::make_leased_projection_store(database.engine_dsn(), member),
            std::move(reader), std::make_unique<LeaseKeeper>(database.engine_dsn(), member), &sealer,
            ServiceEvents{
                [this](const Position& position) { visibility.applied(position); },
                [this](kafka::Severity, std::string_view code, const std::string&) {
                    const std::scoped_lock lock(codes_mutex);
                    codes.emplace(code);
                }
            },
            catalogue
        );
        service->start();
        return service;
    }
    void add_task(std::uint64_t number, TenantId realm = kOrg) {
        log.add(realm, uuid(600 + number), task_created(kProject, static_cast<std::int64_t>(number), "One"));
        const std::uint16_t partition = log.partition_of(realm);
        database.run(
            "update log.partition set head = " + std::to_string(log.head(partition)) +
            " where partition = " + std::to_string(partition)
        );
    }
    /// Brings lines of a partition to the topic, as a relay does.
    void publish(std::uint64_t after, std::uint16_t partition = 0) {
        publish_lines(log.read(partition, after, 1000), partition);
    }
    void publish_lines(std::vector<LogLine> lines, std::uint16_t partition = 0) {
        kafka::EventProducer producer(
            {broker.address(), std::string(kafka::kEventsTopic), kPartitions, "test"}, keep_quiet,
            [] { return false; }
        );
        ASSERT_TRUE(producer.init().has_value());
        ASSERT_TRUE(producer.begin().has_value());
        for (LogLine& line : lines) {
            kafka::LogRecord record;
            record.position = line.position;
            record.line = std::move(line.line);
            ASSERT_TRUE(producer.produce(partition, record).has_value());
        }
        ASSERT_TRUE(producer.commit().has_value());
    }
    bool shown(std::uint64_t position, std::uint16_t partition = 0) {
        const auto deadline = std::chrono::steady_clock::now() + 20s;
        return visibility.wait_until({1, partition, position}, deadline) == Visible::yes;
    }
    static std::size_t held(const ProjectorService& service) {
        const auto projections = service.status().projector.projections;
        return projections.empty() ? 0 : projections.front().positions.size();
    }
    static bool is(const ProjectorService& service, ServiceState state) {
        return kafka::test::eventually([&] { return service.status().state == state; });
    }
    /// How many log lines of this code there were.
    std::size_t told(const std::string& code) {
        const std::scoped_lock lock(codes_mutex);
        return codes.count(code);
    }
    std::string tasks() { return database.value("select count(*) from prj.task"); }

    PgDatabase database{PgDatabase::Contents::migrated, kPartitions};
    kafka::EmbeddedBroker broker{kPartitions, keep_quiet};
    EventLog log{kPartitions};
    HexSealer sealer;
    Visibility visibility{1, kPartitions};
    std::mutex codes_mutex;
    std::multiset<std::string> codes;
};

TEST_F(ProjectorServiceOnPostgres, CatchesUpFromTheLogAndThenFollowsKafka) {
    add_task(1);
    add_task(2);
    const auto service = start();
    ASSERT_TRUE(is(*service, ServiceState::running));
    ASSERT_TRUE(shown(2));
    add_task(3);
    publish(0);
    ASSERT_TRUE(shown(3));
    EXPECT_EQ(tasks(), "3");
    service->stop();
    const ServiceStatus status = service->status();
    EXPECT_EQ(status.state, ServiceState::stopped);
    EXPECT_EQ(status.failures_total, 0U) << status.last_error;
    EXPECT_EQ(status.projector.gap_events_total, 0U);
    EXPECT_EQ(status.log_checks_behind_total, 0U);
    EXPECT_EQ(
        database.value("select count(*) from proj.checkpoint where partition = 0 and kafka_offset >= 0"), "9"
    );
}

TEST_F(ProjectorServiceOnPostgres, ReadsTheLogWhenKafkaBringsNothing) {
    const auto service = start();
    ASSERT_TRUE(is(*service, ServiceState::running));
    add_task(1);
    ASSERT_TRUE(shown(1));
    EXPECT_EQ(tasks(), "1");
    EXPECT_TRUE(kafka::test::eventually([&] { return service->status().log_checks_behind_total == 1; }));
}

TEST_F(ProjectorServiceOnPostgres, GoesOnAfterPostgresEndedItsSessions) {
    add_task(1);
    const auto service = start();
    ASSERT_TRUE(is(*service, ServiceState::running));
    database.run(
        "select pg_terminate_backend(pid) from pg_stat_activity"
        " where datname = current_database() and application_name like 'annals-projector%'"
    );
    add_task(2);
    publish(0);
    ASSERT_TRUE(shown(2));
    EXPECT_EQ(tasks(), "2");
    ASSERT_TRUE(is(*service, ServiceState::running));
    EXPECT_EQ(service->status().failures_total, 1U);
}

TEST_F(ProjectorServiceOnPostgres, SharesThePartitionsAndTakesThoseOfOneThatStopsAtOnce) {
    add_task(1);
    add_task(2, kOtherOrg);
    const auto first = start();
    ASSERT_TRUE(shown(1) && shown(1, 1));
    EXPECT_EQ(held(*first), 2U);
    const auto second = start();
    ASSERT_TRUE(kafka::test::eventually([&] { return held(*first) == 1 && held(*second) == 1; }));
    const auto third = start();
    ASSERT_TRUE(is(*third, ServiceState::standby));
    add_task(3);
    add_task(4, kOtherOrg);
    publish(0);
    publish(0, 1);
    ASSERT_TRUE(shown(2) && shown(2, 1));
    EXPECT_EQ(tasks(), "4");
    // A status is told after what it tells of can be seen.
    EXPECT_TRUE(kafka::test::eventually([&] {
        return first->status().projector.events_total == 3 && second->status().projector.events_total == 1;
    }));
    const std::uint64_t assignments = second->status().assignments_total;
    first->stop();
    const auto asked = std::chrono::steady_clock::now();
    ASSERT_TRUE(kafka::test::eventually([&] { return held(*third) == 1; }));
    EXPECT_LT(std::chrono::steady_clock::now() - asked, 1s) << "a clean stop must not wait for a lease";
    EXPECT_EQ(second->status().assignments_total, assignments) << "the others keep what they have";
    EXPECT_EQ(second->status().failures_total + third->status().failures_total, 0U);
    EXPECT_EQ(first->status().projector.leases_lost_total, 0U) << "giving up must not look like being fenced";
}

TEST_F(ProjectorServiceOnPostgres, ReadsAPartitionFromTheLogAloneWhenTheTopicIsOfAnotherLog) {
    const auto service = start();
    ASSERT_TRUE(is(*service, ServiceState::running));
    EventLog other(kPartitions);
    other.add(kOrg, uuid(601), task_created(kProject, 1, "Another log's"));
    add_task(1);
    publish_lines(other.read(0, 0, 10));
    ASSERT_TRUE(shown(1));
    ASSERT_TRUE(kafka::test::eventually([&] { return service->status().refused.contains(0); }));
    EXPECT_EQ(database.value("select title from prj.task"), "One");
    // The other partition still follows Kafka, and this one the log.
    add_task(2, kOtherOrg);
    publish(0, 1);
    ASSERT_TRUE(shown(1, 1));
    add_task(3);
    ASSERT_TRUE(shown(2));
    EXPECT_EQ(tasks(), "3");
}

TEST_F(ProjectorServiceOnPostgres, SetsAPartitionAsideWhoseLogHasAHoleAndTakesItUpWhenThatIsMended) {
    for (std::uint64_t i = 1; i <= 3; ++i) {
        log.add(kOrg, uuid(600 + i), task_created(kProject, 1, "One"));
        log.add(kOtherOrg, uuid(610 + i), task_created(kProject, 1, "One"));
    }
    ASSERT_EQ(log.append_to(*pg::make_pg_event_store(database.engine_dsn())), AppendOutcome::written);
    // Only a superuser can; what damages a log otherwise is a disk.
    const std::string place = " from log.event where partition = 0 and position = 2";
    database.run("set session_replication_role = replica; create table public.lost as select *" + place);
    database.run("delete" + place);
    std::atomic<int> reads{0};
    const auto service =
        start(std::make_unique<CountedLog>(pg::make_log_reader(database.engine_dsn()), 0, reads));
    ASSERT_TRUE(shown(3, 1)) << "the partition that stands behind the broken one";
    ASSERT_TRUE(shown(1)) << "and what was there before the hole";
    ASSERT_TRUE(is(*service, ServiceState::running));
    const auto aside = [&] { return service->status().set_aside; };
    EXPECT_TRUE(kafka::test::eventually([&] { return aside().size() == 1 && aside().contains(0); }));
    EXPECT_NE(aside()[0].find("partition 0"), std::string::npos) << aside()[0];
    EXPECT_TRUE(service->status().refused.empty()) << "it is not the topic";
    // The other one still follows Kafka, while this one is tried again in vain.
    add_task(14, kOtherOrg);
    publish(0, 1);
    publish(0);
    ASSERT_TRUE(shown(4, 1));
    EXPECT_EQ(tasks(), "5");
    EXPECT_EQ(service->status().failures_total, 0U) << service->status().last_error;
    const int reads_before = reads;
    EXPECT_TRUE(kafka::test::eventually([&] { return reads > reads_before; })) << "it is tried again";
    EXPECT_EQ(told("PROJ-b17d"), 1U) << "not at every try";
    database.run("insert into log.event select * from public.lost");
    ASSERT_TRUE(shown(3));
    EXPECT_EQ(tasks(), "7");
    EXPECT_TRUE(kafka::test::eventually([&] { return aside().empty(); }));
    EXPECT_EQ(told("PROJ-4a9e"), 1U);
}

TEST_F(ProjectorServiceOnPostgres, SetsAPartitionAsideWhoseLogEndsBeforeItsHead) {
    add_task(1);
    add_task(2);
    add_task(3, kOtherOrg);
    database.run("update log.partition set head = 4 where partition = 0");
    const auto service = start();
    ASSERT_TRUE(shown(1, 1));
    ASSERT_TRUE(shown(2));
    const auto aside = [&] { return service->status().set_aside; };
    EXPECT_TRUE(kafka::test::eventually([&] { return aside().contains(0); }));
    EXPECT_NE(aside()[0].find("lacks what comes after position 2, but its head is at 4"), std::string::npos)
        << aside()[0];
    add_task(4);
    add_task(5);
    ASSERT_TRUE(shown(4));
    EXPECT_TRUE(kafka::test::eventually([&] { return aside().empty(); }));
}

TEST_F(ProjectorServiceOnPostgres, SetsAPartitionAsideWhoseRecordsCannotBeComparedWithTheLog) {
    add_task(1);
    add_task(2);
    {
        const auto before = start();
        ASSERT_TRUE(shown(2));
    }
    publish(0);
    const auto service = start(std::make_unique<DamagedLogReader>(log));
    EXPECT_TRUE(kafka::test::eventually([&] { return told("PROJ-b17d") >= 1; }));
    add_task(3, kOtherOrg);
    publish(0, 1);
    ASSERT_TRUE(shown(1, 1)) << "the others go on";
    EXPECT_FALSE(service->status().broker_silent) << "what came with the damaged one was not forgotten";
    add_task(4);
    publish(2);
    ASSERT_TRUE(shown(3)) << "and so does this one, by the log";
    EXPECT_EQ(service->status().failures_total, 0U) << service->status().last_error;
}

TEST_F(ProjectorServiceOnPostgres, TakesUpWhatAnOlderProcessParkedDuringARollingRestart) {
    const contract::EventCatalogue older_catalogue = catalogue_without("prj.TaskMoved");
    add_task(1);
    log.add(kOrg, uuid(601), task_moved(kTodo, kDoing, projects::TaskCategory::in_progress, 5));
    add_task(2);
    auto older = start(std::make_unique<BorrowedLog>(log), older_catalogue);
    ASSERT_TRUE(shown(3));
    EXPECT_EQ(database.value("select string_agg(distinct code, ' ') from proj.parked"), "unknown_type");
    EXPECT_EQ(told("PROJ-58d1"), 1U) << "not for each projection and stream";
    const auto moved_on = [&] {
        return database.value(
            "select count(*) from prj.task where column_id = '" + kDoing.value.to_string() + "'"
        );
    };
    EXPECT_EQ(moved_on(), "0");
    const auto newer = start();
    older->stop();
    EXPECT_TRUE(becomes_true(database, "select not exists (select from proj.parked)"));
    EXPECT_EQ(moved_on(), "1");
    EXPECT_TRUE(kafka::test::eventually([&] { return told("PROJ-e3a8") == 1; }));
    EXPECT_EQ(newer->status().failures_total, 0U) << newer->status().last_error;
}

TEST_F(ProjectorServiceOnPostgres, IsSeenByAnotherProcessThroughTheFeed) {
    Visibility elsewhere{1, kPartitions};
    add_task(1);
    const auto service = start();
    ASSERT_TRUE(shown(1));
    const VisibilityFeed feed(database.engine_dsn(), elsewhere);
    EXPECT_EQ(elsewhere.wait_until({1, 0, 1}, std::chrono::steady_clock::now() + 20s), Visible::yes);
    add_task(2);
    publish(0);
    EXPECT_EQ(elsewhere.wait_until({1, 0, 2}, std::chrono::steady_clock::now() + 20s), Visible::yes);
}

}  // namespace
}  // namespace annals::projector
