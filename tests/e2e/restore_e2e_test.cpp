#include "tests/support/api_client.hpp"
#include "tests/support/kafka/kafka_support.hpp"
#include "tests/support/log_lines.hpp"
#include "tests/support/pg_cluster.hpp"

#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <gmock/gmock.h>

// The drill: write, back up, write, restore to before. What was written after the moment is gone from the
// log, stands in the topic all the same, and everybody who looks is told.
namespace annals::test {
namespace {

namespace fs = std::filesystem;

using kafka::test::RawRecord;
using testing::HasSubstr;

constexpr std::uint16_t kPartitions = 4;
constexpr int kTasks = 12;

/// A cluster that archives its WAL into the folder of its backups, as the guide says.
class ArchivingCluster : public PgCluster {
public:
    ArchivingCluster() {
        fs::copy_file(annals_binary(), annals());
        fs::permissions(annals(), fs::perms::others_read | fs::perms::others_exec, fs::perm_options::add);
        configure(fmt::format(
            "archive_mode = on\narchive_library = 'basic_archive'\n"
            "basic_archive.archive_directory = '{}/wal'\n",
            backups()
        ));
        (void)run_program(as_user({"mkdir", "-p", backups() + "/wal"}));
        start();
    }
    [[nodiscard]] std::string backups() const { return file("backups"); }
    /// The executable under test, where the cluster's user can reach it.
    [[nodiscard]] std::string annals() const { return file("annals"); }

    /// `annals backup` or `annals restore`; fails the test when it fails.
    std::string run(Words words) const {
        words.insert(words.begin(), annals());
        const ProgramEnd end = run_program(as_user(words));
        EXPECT_EQ(end.exit_code, 0) << words[1] << ": " << end.output << end.errors;
        return end.output;
    }
};

struct Task {
    std::string id;
    std::string position;
};

std::vector<Task> create_tasks(ApiClient& client, const std::string& project, const std::string& what) {
    std::vector<Task> made;
    for (int i = 0; i < kTasks; ++i) {
        const Json answer = client.must_post(
            kApi + "/projects/" + project + "/tasks", fmt::format(R"({{"title":"{} {}"}})", what, i)
        );
        made.push_back({answer.text("/id"), answer.text("/position")});
    }
    return made;
}

void expect_visible(ApiClient& client, const Task& task) {
    const std::string target = kApi + "/tasks/" + task.id + "?min_position=" + task.position;
    EXPECT_TRUE(eventually([&] { return client.get(target).status == 200; }));
}

/// What a reader of the topic holds who obeys the rule: an epoch that rises at position n ends everything of
/// older epochs from n on.
std::vector<std::string> read_by_the_rule(const std::vector<RawRecord>& records) {
    std::vector<std::string> held;
    std::uint64_t epoch = 0;
    for (const RawRecord& record : records) {
        const Json line = Json::parse(record.value);
        const std::uint64_t position = std::stoull(line.text("/position"));
        const std::uint64_t of_record = std::stoull(line.text("/epoch"));
        EXPECT_GE(of_record, epoch) << "the topic goes back to an older epoch";
        if (of_record > epoch) held.resize(std::min<std::size_t>(held.size(), position - 1));
        epoch = of_record;
        EXPECT_EQ(held.size() + 1, position);
        held.push_back(record.value);
    }
    return held;
}

void expect_topic_reads_as_the_log(ServedInstance& instance, const kafka::BrokerAddress& broker) {
    const auto topic = kafka::test::read_topic(broker, instance.settings().topic, kPartitions);
    for (std::size_t partition = 0; partition < kPartitions; ++partition) {
        EXPECT_EQ(read_by_the_rule(topic[partition]), log_lines(instance.database(), partition)) << partition;
    }
}

/// On a session of its own: those of before a restore are gone.
std::string count_events(const PgDatabase& database) {
    pg::Connection connection(database.owner_dsn(), pg::kMigrationSession);
    return std::string(connection.execute("select count(*) from log.event").at(0, 0).value_or(""));
}

Words backup_words(ServedInstance& instance, const ArchivingCluster& cluster) {
    return {"backup", cluster.backups(), "--owner-dsn", instance.database().owner_dsn(), "--home", "/tmp"};
}

TEST(Restore, ToAMomentBeforeWorkIsForgottenAndEverybodyIsTold) {
    ArchivingCluster cluster;
    const auto broker = kafka::test::real_broker();
    const kafka::test::TestTopic topic(broker);
    ServedInstance instance(
        {.kafka = broker.bootstrap,
         .topic = topic.name(),
         .partitions = kPartitions,
         .flags = {"--access-token-ttl-s", "3600"}}
    );
    TwoOrganizations people(instance);
    const SmallBoard board(people.ada, "ENG");
    EXPECT_THAT(cluster.run(backup_words(instance, cluster)), HasSubstr("the master key is not in it"));
    const auto kept = create_tasks(people.ada, board.project, "kept");
    Words mark = backup_words(instance, cluster);
    mark.insert(mark.end(), {"--mark", "before"});
    cluster.run(mark);
    const auto lost = create_tasks(people.ada, board.project, "lost");
    expect_visible(people.ada, lost.back());
    ASSERT_EQ(instance.stop(), 0);
    cluster.stop();

    const std::string restored = cluster.file("restored");
    const std::string said =
        cluster.run({"restore", cluster.backups(), "--into", restored, "--mark", "before"});
    EXPECT_THAT(said, HasSubstr("its epoch is now 2"));
    cluster.start(restored);
    instance.start();

    ApiClient ada(instance, people.ada.token());
    for (const Task& task : kept) expect_visible(ada, task);
    for (const Task& task : lost) EXPECT_EQ(ada.get(kApi + "/tasks/" + task.id).status, 404);
    const Answer told = ada.get(kApi + "/tasks?min_position=" + lost.back().position);
    EXPECT_EQ(told.status, 410) << told;
    EXPECT_EQ(told.code(), "POSITION_SUPERSEDED") << told;
    const auto later = create_tasks(ada, board.project, "later");
    EXPECT_TRUE(later.front().position.starts_with("2-")) << later.front().position;
    // Through the same topic, which is ahead of the log by what was lost.
    expect_visible(ada, later.back());
    ASSERT_EQ(instance.stop(), 0) << instance.log();
    expect_topic_reads_as_the_log(instance, broker);
    const ProgramEnd verified = run_annals(instance.beside("verify"));
    EXPECT_EQ(verified.exit_code, 0) << verified.output << verified.errors;
}

TEST(Restore, GivesNoEpochTwiceAndReachesTheEndOfTheArchive) {
    ArchivingCluster cluster;
    ServedInstance instance({.partitions = kPartitions, .flags = {"--access-token-ttl-s", "3600"}});
    TwoOrganizations people(instance);
    const SmallBoard board(people.ada, "ENG");
    cluster.run(backup_words(instance, cluster));
    create_tasks(people.ada, board.project, "archived");
    const auto mark = [&](const std::string& name) {
        Words words = backup_words(instance, cluster);
        words.insert(words.end(), {"--mark", name});
        return cluster.run(words);
    };
    instance.database().run("select pg_create_restore_point('of_before')");
    const std::string marked = mark("middle");
    const std::string in_the_middle = count_events(instance.database());
    create_tasks(people.ada, board.project, "after it");
    mark("end");
    const std::string at_the_end = count_events(instance.database());
    ASSERT_EQ(instance.stop(), 0);
    cluster.stop();
    const std::string at = marked.substr(marked.rfind(' ') + 1, 27);
    const std::vector<std::pair<Words, std::string>> moments{
        {{"--latest"}, at_the_end},
        {{"--time", at}, in_the_middle},
        {{"--mark", "middle"}, in_the_middle},
        {{"--mark", "of_before"}, in_the_middle}
    };
    // As marks were written before PostgreSQL's name of them was.
    std::ofstream(cluster.backups() + "/marks/of_before.json")
        << fmt::format(R"({{"name":"of_before","at":"{}"}})", at);
    for (std::size_t i = 0; i < moments.size(); ++i) {
        const auto& [moment, events] = moments[i];
        const std::string into = cluster.file(fmt::format("restored{}", i));
        Words words{"restore", cluster.backups(), "--into", into};
        words.insert(words.end(), moment.begin(), moment.end());
        EXPECT_THAT(cluster.run(words), HasSubstr(fmt::format("its epoch is now {}", i + 2)));
        cluster.start(into);
        EXPECT_EQ(count_events(instance.database()), events) << moment.front();
        cluster.stop();
    }
    cluster.start();
}

TEST(Restore, AgainGoesOnFromWhatWasRestoredBeforeAndFromTheMarkThatSucceeded) {
    ArchivingCluster cluster;
    ServedInstance instance({.partitions = kPartitions, .flags = {"--access-token-ttl-s", "3600"}});
    TwoOrganizations people(instance);
    const SmallBoard board(people.ada, "ENG");
    cluster.run(backup_words(instance, cluster));
    Words mark = backup_words(instance, cluster);
    mark.insert(mark.end(), {"--mark", "kept", "--wait"});
    Words hurried = mark;
    hurried.emplace_back("1");
    mark.emplace_back("120");
    fs::permissions(cluster.backups() + "/wal", fs::perms::owner_read | fs::perms::owner_exec);
    hurried.insert(hurried.begin(), cluster.annals());
    EXPECT_EQ(run_program(ArchivingCluster::as_user(hurried)).exit_code, 1) << "the archive is full, say";
    fs::permissions(cluster.backups() + "/wal", fs::perms::owner_all);
    const auto kept = create_tasks(people.ada, board.project, "kept");
    cluster.run(mark);
    const auto lost = create_tasks(people.ada, board.project, "lost");
    ASSERT_EQ(instance.stop(), 0);
    cluster.stop();
    const std::string once = cluster.file("once");
    cluster.run({"restore", cluster.backups(), "--into", once, "--mark", "kept"});
    cluster.start(once);
    instance.start();
    ApiClient ada(instance, people.ada.token());
    expect_visible(ada, kept.back());
    const auto later = create_tasks(ada, board.project, "later");
    Words second = backup_words(instance, cluster);
    second.insert(second.end(), {"--mark", "second"});
    cluster.run(second);
    const std::string events = count_events(instance.database());
    ASSERT_EQ(instance.stop(), 0);
    cluster.stop();
    const std::string twice = cluster.file("twice");
    cluster.run({"restore", cluster.backups(), "--into", twice, "--latest"});
    cluster.start(twice);
    EXPECT_EQ(count_events(instance.database()), events);
    instance.start();
    ApiClient again(instance, people.ada.token());
    expect_visible(again, later.back());
    EXPECT_EQ(again.get(kApi + "/tasks/" + lost.back().id).status, 404);
    ASSERT_EQ(instance.stop(), 0);
}

TEST(Restore, RefusesWhatCannotBeRestored) {
    ArchivingCluster cluster;
    const PgDatabase database;
    const auto refusal = [&](Words words) {
        words.insert(words.begin(), cluster.annals());
        const ProgramEnd end = run_program(PgCluster::as_user(words));
        EXPECT_EQ(end.exit_code, 78) << end.output << end.errors;
        return end.errors;
    };
    const std::string into = cluster.file("into");
    EXPECT_THAT(
        refusal({"restore", cluster.backups(), "--into", into, "--latest"}), HasSubstr("no finished")
    );
    cluster.run({"backup", cluster.backups(), "--owner-dsn", database.owner_dsn(), "--home", "/tmp"});
    const std::string too_early = "2020-01-01T00:00:00Z";
    EXPECT_THAT(
        refusal({"restore", cluster.backups(), "--into", into, "--time", too_early}),
        HasSubstr("nothing before")
    );
    EXPECT_THAT(
        refusal({"restore", cluster.backups(), "--into", into, "--mark", "none"}), HasSubstr("no mark none")
    );
    EXPECT_THAT(refusal({"restore", cluster.backups(), "--into", into}), HasSubstr("say until when"));
    EXPECT_THAT(
        refusal({"restore", cluster.backups(), "--into", cluster.file("data"), "--latest"}),
        HasSubstr("is not empty")
    );
    EXPECT_THAT(
        refusal({"backup", cluster.file("elsewhere"), "--owner-dsn", database.owner_dsn(), "--home", "/tmp"}),
        HasSubstr("PostgreSQL archives into")
    );
}

}  // namespace
}  // namespace annals::test
