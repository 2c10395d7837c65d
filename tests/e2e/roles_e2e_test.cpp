#include "tests/e2e/load.hpp"
#include "tests/support/kafka/kafka_support.hpp"
#include "tests/support/served_process.hpp"

#include <csignal>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <memory>

namespace annals::test {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;
using testing::HasSubstr;
using testing::Not;

constexpr std::uint16_t kPartitions = 8;

/// An API, a relay and as many projectors as a test wants, each a process of its own.
class RolesApart : public ::testing::Test {
protected:
    std::unique_ptr<ServedProcess> projector() {
        return std::make_unique<ServedProcess>(instance, "projector");
    }
    /// How many partitions each living member holds, such as "2 3 3".
    std::string shares() {
        return instance.database().value(
            "select string_agg(n::text, ' ' order by n) from (select count(l.partition) as n from "
            "proj.member m"
            " left join proj.lease l on l.owner = m.member where m.expires_at > clock_timestamp()"
            " group by m.member) s"
        );
    }
    bool become(const std::string& wanted) {
        return eventually([&] { return shares() == wanted; }, 10s);
    }
    /// Everything is projected, and equals the fold of the log.
    void expect_whole() {
        EXPECT_TRUE(eventually(
            [&] {
                return instance.database().value(
                           "select bool_and(c.position = p.head) from proj.checkpoint c"
                           " join log.partition p using (partition)"
                       ) == "t";
            },
            20s
        ));
        const ProgramEnd end = run_annals(instance.beside("verify"));
        EXPECT_EQ(end.exit_code, 0) << end.output << end.errors;
        EXPECT_EQ(instance.database().value("select count(*) from proj.parked"), "0");
    }

    kafka::BrokerAddress broker = kafka::test::real_broker();
    kafka::test::TestTopic topic{broker};
    ServedInstance instance{
        {.kafka = broker.bootstrap,
         .topic = topic.name(),
         .partitions = kPartitions,
         .flags = {"--roles", "api", "--access-token-ttl-s", "3600"}}
    };
    ServedProcess relay{instance, "relay"};
};

TEST_F(RolesApart, EachAnswersForItsHealthAndTheApiReadsItsWritesThroughTheProjector) {
    const auto projecting = projector();
    TwoOrganizations people(instance);
    const SmallBoard board(people.ada, "ENG");
    const Answer created = people.ada.post(
        fmt::format("{}/projects/{}/tasks", kApi, board.project), R"({"title":"Seen at once"})"
    );
    ASSERT_EQ(created.status, 201) << created;
    const Answer read =
        people.ada.get(kApi + "/tasks/" + created.text("/id") + "?min_position=" + created.text("/position"));
    EXPECT_EQ(read.status, 200) << read;
    EXPECT_EQ(projecting->metric("annals_projector_partitions"), kPartitions);
    EXPECT_EQ(relay.metric("annals_projector_partitions"), -1);
    EXPECT_GT(relay.metric("annals_relay_records"), 0);
    for (const ServedProcess* process : {&relay, projecting.get()}) {
        EXPECT_EQ(process->get("/livez")->status, 200);
        EXPECT_EQ(process->get(kApi + "/tasks")->status, 404);
        const auto health = process->get("/health");
        EXPECT_EQ(Json::parse(health->body).text("/status"), "ok") << health->body;
    }
    EXPECT_THAT(relay.get("/readyz?verbose")->body, HasSubstr("[+]relay"));
    EXPECT_THAT(relay.get("/readyz?verbose")->body, Not(HasSubstr("[+]projector")));
    const auto verbose = [&] { return projecting->get("/readyz?verbose")->body; };
    EXPECT_THAT(verbose(), HasSubstr("[+]projector: running, partitions 0,1,2,3,4,5,6,7"));
    // What was read says nothing of other partitions, whose events may still be on their way.
    EXPECT_TRUE(eventually([&] { return verbose().contains("[+]projection projects.task@1: idle"); }))
        << verbose();
    EXPECT_EQ(
        projecting->metric(R"(annals_projection_lag_seconds{partition="0",projection="projects.task@1"})"), 0
    );
    EXPECT_EQ(projecting->metric(R"(annals_projection_parked_events{projection="projects.task@1"})"), 0);
    // Without a projector the API goes on, and says that nothing is applied any more.
    EXPECT_EQ(projecting->stop(), 0) << projecting->log();
    EXPECT_EQ(relay.stop(), 0) << relay.log();
    people.ada.must_post(fmt::format("{}/projects/{}/tasks", kApi, board.project), R"({"title":"Not seen"})");
    ApiClient client(instance);
    EXPECT_THAT(client.get("/metrics").raw.body, HasSubstr("annals_projection_behind_events"));
    EXPECT_THAT(client.get("/readyz?verbose").raw.body, HasSubstr("applying, 1 events behind"));
    EXPECT_EQ(client.get("/readyz").status, 200);
}

TEST_F(RolesApart, PartitionsSpreadEvenlyAndMoveWhenAProcessComesStopsOrIsKilled) {
    auto first = projector();
    EXPECT_TRUE(become("8")) << shares();
    TwoOrganizations people(instance);
    const SmallBoard engines(people.ada, "ENG");
    const SmallBoard second(people.ada, "TWO");
    Load load(instance, people.ada.token(), {engines.project, second.project});
    auto other = projector();
    EXPECT_TRUE(become("4 4")) << shares();
    auto third = projector();
    EXPECT_TRUE(become("2 3 3")) << shares();
    const std::string held_by_others =
        "select string_agg(partition || ':' || epoch, ' ' order by partition) from proj.lease"
        " where owner in (select owner from proj.lease group by owner order by max(epoch), owner limit 1)";
    const std::string before = instance.database().value(held_by_others);

    third->kill9();
    const auto killed = steady_clock::now();
    EXPECT_TRUE(become("4 4")) << shares();
    EXPECT_LT(steady_clock::now() - killed, 5s);
    EXPECT_EQ(first->metric("annals_projector_failures"), 0) << first->log();
    EXPECT_EQ(other->metric("annals_projector_failures"), 0) << other->log();
    for (const std::string& lease : {before.substr(0, before.find(' '))}) {
        const std::string now = instance.database().value(
            "select string_agg(partition || ':' || epoch, ' ' order by partition) from proj.lease"
        );
        EXPECT_THAT(now, HasSubstr(lease)) << "a partition of a survivor changed hands";
    }

    const auto asked = steady_clock::now();
    EXPECT_EQ(other->stop(), 0) << other->log();
    EXPECT_TRUE(become("8")) << shares();
    EXPECT_LT(steady_clock::now() - asked, 3s) << "with the end of the process";
    (void)load.finish();
    EXPECT_EQ(first->metric("annals_projector_leases_lost"), 0);
    expect_whole();
}

TEST_F(RolesApart, AProjectorThatWasPausedPastItsLeaseWritesNothingMore) {
    auto paused = projector();
    auto other = projector();
    EXPECT_TRUE(become("4 4")) << shares();
    TwoOrganizations people(instance);
    const SmallBoard engines(people.ada, "ENG");
    const SmallBoard second(people.ada, "TWO");
    Load load(instance, people.ada.token(), {engines.project, engines.project, second.project});
    EXPECT_TRUE(eventually([&] { return load.acknowledged() > 50; }));
    for (int trial = 0; trial < 3; ++trial) {
        paused->signal(SIGSTOP);
        EXPECT_TRUE(become("8")) << shares();
        const std::size_t meanwhile = load.acknowledged() + 20;
        EXPECT_TRUE(eventually([&] { return load.acknowledged() > meanwhile; }));
        paused->signal(SIGCONT);
        EXPECT_TRUE(become("4 4")) << shares();
    }
    (void)load.finish();
    EXPECT_EQ(other->metric("annals_projector_failures"), 0) << other->log();
    expect_whole();
    EXPECT_EQ(paused->stop(), 0) << paused->log();
}

TEST(Roles, RefuseAHalfThatCannotMeetTheOther) {
    ServedInstance instance(InstanceSettings{.serves = false});
    Words words = instance.beside("serve");
    for (const char* roles : {"relay", "api,projector"}) {
        Words all = words;
        all.insert(all.end(), {"--port", "0", "--roles", roles});
        const ProgramEnd end = run_annals(all);
        EXPECT_EQ(end.exit_code, 78) << end.errors;
        EXPECT_THAT(end.errors, HasSubstr("--kafka"));
    }
}

TEST(Roles, AWorkerAloneIsLegal) {
    ServedInstance instance(InstanceSettings{.serves = false});
    ServedProcess worker(instance, "worker");
    EXPECT_THAT(worker.get("/readyz?verbose")->body, HasSubstr("[+]database"));
    EXPECT_EQ(worker.stop(), 0) << worker.log();
}

}  // namespace
}  // namespace annals::test
