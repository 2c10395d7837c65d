#include "tests/support/api_client.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

namespace annals::test {
namespace {

using testing::HasSubstr;

/// A log in which something cannot be read, or is missing, fails those who ask for it and nobody else; above
/// all it does not end the process.
class DamagedLog : public testing::Test {
protected:
    /// What only somebody with all rights over the database can do.
    void tamper(const std::string& sql) {
        instance.database().run("alter table log.event disable trigger all");
        instance.database().run(sql);
        instance.database().run("alter table log.event enable trigger all");
    }
    std::string task_of(const SmallBoard& of) { return kApi + "/tasks/" + of.first_task; }

    // Sessions are looked up again at once, so that nothing is answered from memory.
    ServedInstance instance{InstanceSettings{.flags = {"--session-check-ttl-s", "1"}}};
    TwoOrganizations people{instance};
    SmallBoard ada_board{people.ada, "ONE"};
    SmallBoard jacq_board{people.jacq, "TWO"};
};

TEST_F(DamagedLog, FailsTheSessionThatCannotBeReadAndNobodyElse) {
    ASSERT_EQ(people.ada.get(task_of(ada_board)).status, 200);
    // As an event of a newer version looks to an older process during a rolling restart.
    tamper(fmt::format(
        "update log.event set line = replace(line, 'SessionStarted', 'SessionOfTomorrow') where type like "
        "'%SessionStarted' and actor_id = '{}'",
        people.ada_id
    ));
    EXPECT_TRUE(eventually([&] { return people.ada.get(task_of(ada_board)).status == 503; }));
    EXPECT_EQ(people.ada.patch(task_of(ada_board), R"({"title":"Still?"})").status, 503);
    const Answer refreshed = people.public_client.post(
        kApi + "/auth/refresh", fmt::format(R"({{"refresh_token":"{}"}})", people.ada_refresh_token)
    );
    EXPECT_EQ(refreshed.status, 503) << refreshed;
    EXPECT_EQ(people.jacq.get(task_of(jacq_board)).status, 200);
    EXPECT_EQ(people.jacq.patch(task_of(jacq_board), R"({"title":"Others go on"})").status, 200);
    EXPECT_THAT(instance.log(), HasSubstr("SessionOfTomorrow"));
}

TEST_F(DamagedLog, WithAGapStopsPublishingItsPartitionAndNothingElse) {
    const std::string partition = instance.database().value(
        fmt::format("select partition from log.event where stream_id = '{}' limit 1", ada_board.first_task)
    );
    instance.stop();
    tamper(fmt::format("delete from log.event where stream_id = '{}'", ada_board.first_task));
    instance.launch();
    ApiClient client(instance.endpoint());
    EXPECT_TRUE(eventually([&] { return instance.log().find("KAFKA-b3d4") != std::string::npos; }));
    EXPECT_THAT(client.get("/readyz?verbose").raw.body, HasSubstr("partition " + partition + " refused"));
    ApiClient jacq(instance, people.jacq.token());
    EXPECT_EQ(jacq.patch(task_of(jacq_board), R"({"title":"Others go on"})").status, 200);
    EXPECT_EQ(client.get("/livez").status, 200);
}

}  // namespace
}  // namespace annals::test
