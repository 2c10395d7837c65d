#include "tests/support/api_client.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

namespace annals::test {
namespace {

const std::string kProjections = kApi + "/platform/projections";

/// What the person who bootstrapped the installation sees of projections; that is Ada.
class Platform : public testing::Test {
protected:
    /// The entry of the projection of tasks.
    static Json tasks_of(const Json& answer) {
        for (const Json& one : answer.items("/projections")) {
            if (one.text("/projection") == "projects.task@1") return one;
        }
        throw std::runtime_error("projects.task@1 is not in the answer");
    }
    std::string sql(const std::string& text) { return instance.database().value(text); }

    ServedInstance instance;
    TwoOrganizations people{instance};
    SmallBoard board{people.ada, "OPS"};
};

TEST_F(Platform, ShowsItsAdministratorHowFarEveryProjectionIs) {
    Json tasks;
    const auto idle = [&] {
        tasks = tasks_of(people.ada.must_get(kProjections));
        for (const Json& partition : tasks.items("/partitions")) {
            if (partition.text("/state") != "idle" || partition.text("/owner").empty()) return false;
        }
        return true;
    };
    EXPECT_TRUE(eventually(idle)) << people.ada.get(kProjections);
    ASSERT_EQ(tasks.items("/partitions").size(), 4U);
    for (const Json& partition : tasks.items("/partitions")) {
        EXPECT_EQ(partition.text("/position"), partition.text("/head"));
        EXPECT_EQ(partition.text("/lag_ms"), "0");
        EXPECT_EQ(
            partition.text("/head"),
            sql("select head from log.partition where partition = " + partition.text("/partition"))
        );
    }
    EXPECT_EQ(tasks.text("/parked/events"), "0");
    const Json whole = people.ada.must_get(kProjections);
    EXPECT_GT(whole.items("/projections").size(), 5U);
    EXPECT_EQ(whole.items("/parked").size(), 0U);
}

TEST_F(Platform, ShowsLagWhileAProjectionCannotWrite) {
    pg::Connection holder(instance.database().owner_dsn(), pg::kMigrationSession);
    holder.execute("begin; lock table prj.task in exclusive mode");
    (void)people.ada.must_post(kApi + "/projects/" + board.project + "/tasks", R"({"title":"Waits"})");
    const auto behind = [&] {
        for (const Json& partition : tasks_of(people.ada.must_get(kProjections)).items("/partitions")) {
            if (partition.text("/state") == "idle") continue;
            return partition.number("/lag_ms") > 0 &&
                   partition.number("/position") < partition.number("/head");
        }
        return false;
    };
    EXPECT_TRUE(eventually(behind)) << people.ada.get(kProjections);
    holder.execute("rollback");
    EXPECT_TRUE(eventually([&] { return !behind(); }));
}

TEST_F(Platform, ShowsParkedEventsWithoutWhatTheDatabaseSaidAboutTheirValues) {
    instance.database().run("alter table prj.task add constraint poison check (title not like 'poison%')");
    const std::string poisoned =
        people.ada.must_post(kApi + "/projects/" + board.project + "/tasks", R"({"title":"poison one"})")
            .text("/id");
    const auto parks = [&](std::size_t events) {
        return eventually([&] { return people.ada.must_get(kProjections).items("/parked").size() == events; }
        );
    };
    // In one batch with its correction the first title would never reach the table.
    ASSERT_TRUE(parks(1));
    ASSERT_EQ(people.ada.patch(kApi + "/tasks/" + poisoned, R"({"title":"well"})").status, 200);
    ASSERT_TRUE(parks(2));
    const Answer answer = people.ada.get(kProjections);
    const Json first = answer.json.items("/parked")[0];
    EXPECT_EQ(first.text("/projection"), "projects.task@1");
    EXPECT_EQ(first.text("/stream_id"), poisoned);
    EXPECT_EQ(first.text("/tenant_id"), people.engines);
    EXPECT_EQ(first.text("/type"), "prj.TaskCreated");
    EXPECT_EQ(first.text("/code"), "database");
    EXPECT_EQ(first.text("/attempts"), "1");
    EXPECT_EQ(
        first.text("/position"),
        sql("select '1-' || partition || '-' || position from proj.parked where code = 'database'")
    );
    EXPECT_EQ(answer.json.items("/parked")[1].text("/code"), "waiting");
    EXPECT_EQ(answer.text("/has_more_parked"), "false");
    EXPECT_EQ(tasks_of(answer.json).text("/parked/streams"), "1");
    EXPECT_EQ(tasks_of(answer.json).text("/parked/events"), "2");
    EXPECT_NE(sql("select detail from proj.parked where code = 'database'"), "");
    EXPECT_THAT(answer.raw.body, testing::Not(testing::HasSubstr("poison")));
}

TEST_F(Platform, ListsAHundredParkedEventsAndSaysThatThereAreMore) {
    const std::string fill =
        "insert into proj.parked select 'projects.task@1', 0, n, '{}', gen_random_uuid(), 'x', 'reducer', '',"
        " now() from generate_series({}, {}) n";
    instance.database().run(fmt::format(fmt::runtime(fill), people.engines, 1'000'001, 1'000'100));
    const Json hundred = people.ada.must_get(kProjections);
    EXPECT_EQ(hundred.items("/parked").size(), 100U);
    EXPECT_EQ(hundred.text("/has_more_parked"), "false");
    instance.database().run(fmt::format(fmt::runtime(fill), people.engines, 1'000'101, 1'000'101));
    const Json more = people.ada.must_get(kProjections);
    EXPECT_EQ(more.items("/parked").size(), 100U);
    EXPECT_EQ(more.text("/has_more_parked"), "true");
    EXPECT_EQ(tasks_of(more).text("/parked/events"), "101");
}

TEST_F(Platform, IsNobodyElses) {
    for (ApiClient* other : {&people.max, &people.vic, &people.jacq}) {
        const Answer refused = other->get(kProjections);
        EXPECT_EQ(refused.status, 403) << refused;
        EXPECT_EQ(refused.code(), "FORBIDDEN");
    }
    // An owner of a later organization, who founded it.
    ASSERT_EQ(people.jacq.post(kApi + "/orgs", R"({"name":"Mills","slug":"mills"})").status, 201);
    EXPECT_EQ(people.jacq.get(kProjections).status, 403);
    EXPECT_EQ(people.public_client.get(kProjections).status, 401);
    ApiClient elsewhere(instance, people.log_in("ada@example.org", people.looms));
    EXPECT_EQ(elsewhere.get(kProjections).status, 200) << "whatever organization she acts in";
}

}  // namespace
}  // namespace annals::test
