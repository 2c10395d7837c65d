#include "tests/e2e/load.hpp"
#include "tests/support/kafka/kafka_support.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

namespace annals::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::StartsWith;

/// The whole product on a real broker while its operator raises the epoch.
class RaisedEpoch : public testing::Test {
protected:
    ProgramEnd raise(const std::string& reason) {
        return run_annals(
            {"log", "raise-epoch", "--reason", reason, "--owner-dsn", instance.database().owner_dsn()}
        );
    }
    ProgramEnd check(const Words& more = {}) {
        Words words = instance.beside("kafka");
        words.insert(words.begin() + 1, "check");
        words.insert(words.end(), {"--kafka", broker.bootstrap, "--topic", topic.name()});
        words.insert(words.end(), more.begin(), more.end());
        return run_annals(words);
    }
    Answer create(const std::string& title) {
        return people.ada.post(
            fmt::format("{}/projects/{}/tasks", kApi, board.project),
            fmt::format(R"({{"title":"{}"}})", title)
        );
    }
    /// Read by the one who wrote it, at the position that was answered.
    int status_at(const Answer& created) {
        return people.ada
            .get(kApi + "/tasks/" + created.text("/id") + "?min_position=" + created.text("/position"))
            .status;
    }

    kafka::BrokerAddress broker = kafka::test::real_broker();
    kafka::test::TestTopic topic{broker};
    ServedInstance instance{{.kafka = broker.bootstrap, .topic = topic.name()}};
    TwoOrganizations people{instance};
    SmallBoard board{people.ada, "EPO"};
};

TEST_F(RaisedEpoch, IsFollowedWithoutAStopUnderWritesAndNothingIsLost) {
    const Answer before = create("Before");
    ASSERT_EQ(before.status, 201) << before;
    EXPECT_THAT(before.text("/position"), StartsWith("1-"));
    Load load(instance, people.ada.token(), {board.project, board.project});
    for (int raise_count = 0; raise_count < 3; ++raise_count) {
        const std::size_t so_far = load.acknowledged();
        ASSERT_TRUE(kafka::test::eventually([&] { return load.acknowledged() > so_far + 20; }));
        const ProgramEnd raised = raise("a drill under load");
        ASSERT_EQ(raised.exit_code, 0) << raised.errors;
    }
    const auto acknowledged = load.finish();
    EXPECT_TRUE(load.unexpected().empty()) << load.unexpected().front();
    EXPECT_GT(acknowledged.size(), 60U);

    const Answer after = create("After");
    ASSERT_EQ(after.status, 201) << after;
    EXPECT_THAT(after.text("/position"), StartsWith("4-"));
    EXPECT_TRUE(kafka::test::eventually([&] { return status_at(after) == 200; }));
    EXPECT_EQ(status_at(before), 200) << "a position up to where the epoch began names what it always did";
    EXPECT_EQ(instance.database().value("select count(distinct (epoch, reason)) from log.epoch"), "3");
    const ProgramEnd verified = run_annals(instance.beside("verify"));
    EXPECT_EQ(verified.exit_code, 0) << verified.output << verified.errors;
    ASSERT_TRUE(kafka::test::eventually([&] { return check().exit_code == 0; })) << check().output;
    EXPECT_THAT(check().output, Not(HasSubstr("superseded")));
    EXPECT_THAT(
        check({"--json"}).output, StartsWith(R"({"ok":true,"partitions":[{"partition":0,"state":"equal",)")
    );
}

TEST_F(RaisedEpoch, ALineOfAnotherEpochThanItsPositionIsFound) {
    ASSERT_EQ(raise("a drill").exit_code, 0);
    const Answer after = create("After");
    ASSERT_EQ(after.status, 201) << after;
    ASSERT_TRUE(kafka::test::eventually([&] { return check().exit_code == 0; })) << check().output;
    PgDatabase& database = instance.database();
    database.run("alter table log.event disable trigger all");
    database.run(
        R"(update log.event set line = replace(line, '"epoch":2', '"epoch":1') where stream_id = ')" +
        after.text("/id") + "'"
    );
    const ProgramEnd verified = run_annals(instance.beside("verify"));
    EXPECT_EQ(verified.exit_code, 1);
    EXPECT_THAT(verified.output, HasSubstr("the line is of epoch 1, appended in epoch 2"));
    ASSERT_TRUE(kafka::test::eventually([&] {
        return check().output.find("diverging at") != std::string::npos;
    }));
    EXPECT_EQ(check({"--allow-behind"}).exit_code, 1);
}

TEST_F(RaisedEpoch, NeedsAReasonAndTheOwner) {
    EXPECT_NE(raise("").exit_code, 0);
    EXPECT_EQ(run_annals({"log", "raise-epoch", "--reason", "x"}).exit_code, 78);
    const ProgramEnd engine =
        run_annals({"log", "raise-epoch", "--reason", "x", "--owner-dsn", instance.database().engine_dsn()});
    EXPECT_EQ(engine.exit_code, 1) << engine.errors;
    EXPECT_EQ(instance.database().value("select count(*) from log.epoch"), "0");
}

}  // namespace
}  // namespace annals::test
