#include "tests/e2e/load.hpp"
#include "tests/support/kafka/kafka_support.hpp"
#include "tests/support/log_lines.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <map>
#include <random>
#include <set>

namespace annals::test {
namespace {

constexpr int kKills = 10;
constexpr std::uint16_t kPartitions = 4;
constexpr std::size_t kCommandsBetweenKillsMax = 40;
constexpr std::uint64_t kMomentMicrosMax = 20'000;

/// Positions 1..n, each once and in order, with the bytes of the log.
void expect_topic_equals_log(ServedInstance& instance, const kafka::BrokerAddress& broker) {
    const auto topic = kafka::test::read_topic(broker, instance.settings().topic, kPartitions);
    for (std::size_t partition = 0; partition < kPartitions; ++partition) {
        const auto lines = log_lines(instance.database(), partition);
        const auto& records = topic[partition];
        ASSERT_EQ(records.size(), lines.size()) << "partition " << partition;
        for (std::size_t i = 0; i < lines.size(); ++i) {
            ASSERT_EQ(records[i].value, lines[i]) << "partition " << partition << " position " << i + 1;
            ASSERT_EQ(records[i].header("position"), std::to_string(i + 1));
        }
    }
}

/// A task of every acknowledged command, and no command twice: clients repeated what they had no answer to.
void expect_kept(PgDatabase& database, const std::vector<Load::Acknowledged>& acknowledged) {
    std::map<std::string, int> created;
    std::set<std::string> titles;
    pg::Connection connection(database.owner_dsn(), pg::kMigrationSession);
    const pg::Rows rows =
        connection.execute("select stream_id::text, line from log.event where type = 'prj.TaskCreated'");
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const Json line = Json::parse(rows.at(i, 1).value_or(""));
        const std::string title = line.text("/data/title");
        ++created[fmt::format("{} {}", rows.at(i, 0).value_or(""), title)];
        if (title.starts_with("load"))
            EXPECT_TRUE(titles.insert(title).second) << title << " was created twice";
    }
    for (const auto& one : acknowledged) {
        EXPECT_EQ(created[one.id + " " + one.title], 1) << one.title << ' ' << one.position;
    }
}

TEST(Killed, AtAnyMomentKeepsWhatItAcknowledgedAndTheTopicWhole) {
    const std::uint64_t seed = kafka::test::test_seed();
    std::mt19937_64 random(seed);
    const auto broker = kafka::test::real_broker();
    const kafka::test::TestTopic topic(broker);
    ServedInstance instance(
        {.kafka = broker.bootstrap,
         .topic = topic.name(),
         .partitions = kPartitions,
         .flags = {"--access-token-ttl-s", "3600"}}
    );
    TwoOrganizations people(instance);
    const SmallBoard engines(people.ada, "ENG");
    const SmallBoard second(people.ada, "TWO");
    Load load(
        instance, people.ada.token(), {engines.project, engines.project, second.project, second.project}
    );
    for (int kill = 0; kill < kKills; ++kill) {
        const std::size_t wanted = load.acknowledged() + 1 + random() % kCommandsBetweenKillsMax;
        ASSERT_TRUE(eventually([&] { return load.acknowledged() >= wanted; }))
            << "kill " << kill << ", seed " << seed;
        // At no step of the server in particular.
        const auto moment =
            std::chrono::steady_clock::now() + std::chrono::microseconds(random() % kMomentMicrosMax);
        (void)eventually([&] { return std::chrono::steady_clock::now() >= moment; });
        instance.kill9();
        instance.start();
        load.move_to(instance.endpoint());
    }
    const std::size_t after_last = load.acknowledged() + 20;
    EXPECT_TRUE(eventually([&] { return load.acknowledged() >= after_last; }));
    const auto acknowledged = load.finish();
    EXPECT_THAT(load.unexpected(), testing::IsEmpty());
    // Asked for a position of every partition, queries show all of it; then the topic has it too.
    // Until the partitions' leases are taken from the killed process a query says 503.
    ApiClient ada(instance, people.ada.token());
    const std::string last = kApi + "/tasks?min_position=" + acknowledged.back().position;
    ASSERT_TRUE(eventually([&] { return ada.get(last).status == 200; }));
    expect_kept(instance.database(), acknowledged);
    ASSERT_EQ(instance.stop(), 0) << instance.log();
    expect_topic_equals_log(instance, broker);
    const ProgramEnd verified = run_annals(instance.beside("verify"));
    EXPECT_EQ(verified.exit_code, 0) << verified.output << verified.errors;
}

}  // namespace
}  // namespace annals::test
