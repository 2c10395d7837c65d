#include "tests/support/api_client.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

namespace annals::test {
namespace {

using testing::HasSubstr;
using testing::MatchesRegex;
using testing::StartsWith;

constexpr const char* kPosition = "[0-9]+-[0-9]+-[0-9]+";

/// What every accepted command answers, whatever the command.
void expect_accepted(const Answer& answer, int status, std::int64_t version) {
    ASSERT_EQ(answer.status, status) << answer;
    EXPECT_EQ(answer.json.number("/version"), version) << answer;
    EXPECT_THAT(answer.text("/position"), MatchesRegex(kPosition));
    EXPECT_EQ(answer.header("etag"), fmt::format("\"{}\"", version));
    EXPECT_EQ(answer.header("content-type"), "application/json");
}

std::string command(const std::string& type, const std::string& id, const std::string& data) {
    const std::string target = id.empty() ? "" : fmt::format(R"("id":"{}",)", id);
    return fmt::format(R"({{"type":"{}",{}"data":{}}})", type, target, data);
}

/// Sends one command by its resource route and by its name; each must answer in the same way.
class BothWays {
public:
    BothWays(ApiClient& client, bool by_name) : client_(client), by_name_(by_name) {}

    Answer create(const std::string& route, const std::string& type, const std::string& data) {
        return send("POST", route, command(type, "", data), data);
    }
    Answer change(
        const std::string& method, const std::string& route, const std::string& type, const std::string& id,
        const std::string& data
    ) {
        return send(method, route, command(type, id, data), data);
    }

private:
    Answer send(
        const std::string& method, const std::string& route, const std::string& form, const std::string& data
    ) {
        const Words wait{"Prefer: wait=10"};
        Answer answer = by_name_ ? client_.post(kApi + "/commands", form, wait)
                                 : client_.send(method, kApi + route, data, wait);
        EXPECT_EQ(answer.header("preference-applied"), "wait=10") << answer;
        return answer;
    }

    ApiClient& client_;
    bool by_name_;
};

class FirstHour : public testing::TestWithParam<bool> {};

std::string words_of_way(const testing::TestParamInfo<bool>& way) {
    return way.param ? "ByNamedCommand" : "ByResourceRoute";
}

INSTANTIATE_TEST_SUITE_P(Ways, FirstHour, testing::Bool(), words_of_way);

TEST_P(FirstHour, ReachesABoardWithTasks) {
    ServedInstance instance;
    TwoOrganizations people(instance);
    BothWays way(people.ada, GetParam());
    const std::string org = "/orgs/" + people.engines;
    expect_accepted(
        way.change("PATCH", org, "org.RenameTenant", people.engines, R"({"name":"Engines Ltd"})"), 200, 2
    );
    EXPECT_EQ(people.ada.must_get(kApi + org).text("/name"), "Engines Ltd");

    const Answer made = way.create(
        "/projects", "prj.CreateProject",
        R"({"name":"Difference","key":"DE","columns":[{"name":"To do","category":"todo"},)"
        R"({"name":"Doing","category":"in_progress","wip_limit":1},{"name":"Done","category":"done"}]})"
    );
    expect_accepted(made, 201, 1);
    const std::string project = "/projects/" + made.text("/id");
    const Json view = people.ada.must_get(kApi + project);
    EXPECT_EQ(view.text("/key"), "DE");
    EXPECT_EQ(view.items("/columns").size(), 3U);
    expect_accepted(
        way.change(
            "PATCH", project, "prj.UpdateProject", made.text("/id"), R"({"description":"**Engines**"})"
        ),
        200, 2
    );

    const std::string with_project =
        GetParam() ? fmt::format(R"("project_id":"{}",)", made.text("/id")) : std::string();
    std::vector<std::string> tasks;
    for (const char* title : {"First", "Second"}) {
        const Answer task = way.create(
            project + "/tasks", "prj.CreateTask", fmt::format(R"({{{}"title":"{}"}})", with_project, title)
        );
        expect_accepted(task, 201, 1);
        tasks.push_back(task.text("/id"));
    }
    const std::string first = "/tasks/" + tasks[0];
    expect_accepted(
        way.change("PATCH", first, "prj.UpdateTask", tasks[0], R"({"due":"2030-01-31"})"), 200, 2
    );
    const std::string members = fmt::format(R"({{"members":["{}","{}"]}})", people.max_id, people.ada_id);
    expect_accepted(way.change("POST", first + "/assign", "prj.AssignTask", tasks[0], members), 200, 3);
    const std::string max_alone = fmt::format(R"({{"members":["{}"]}})", people.ada_id);
    expect_accepted(way.change("POST", first + "/unassign", "prj.UnassignTask", tasks[0], max_alone), 200, 4);
    const std::string doing = fmt::format(R"({{"column":"{}"}})", view.text("/columns/1/id"));
    expect_accepted(way.change("POST", first + "/move", "prj.MoveTask", tasks[0], doing), 200, 5);

    const Json task = people.ada.must_get(kApi + first);
    EXPECT_EQ(task.text("/key"), "DE-1");
    EXPECT_EQ(task.text("/due"), "2030-01-31");
    EXPECT_EQ(task.items("/assignees").size(), 1U);
    const Json board = people.ada.must_get(kApi + project + "/board");
    EXPECT_EQ(board.text("/columns/0/tasks/0/key"), "DE-2");
    EXPECT_EQ(board.text("/columns/1/tasks/0/key"), "DE-1");
    EXPECT_EQ(people.ada.must_get(kApi + first + "/history").text("/items/0/type"), "prj.TaskMoved");
    expect_accepted(
        way.change("POST", project + "/archive", "prj.ArchiveProject", made.text("/id"), "{}"), 200, 3
    );
    EXPECT_EQ(people.ada.patch(kApi + first, R"({"title":"Too late"})").code(), "INVALID_STATE");
}

TEST(FirstHourAnswers, NameThePlaceOfWhatTheyMade) {
    ServedInstance instance;
    TwoOrganizations people(instance);
    const SmallBoard board(people.ada, "ONE");
    struct Made {
        std::string route, body, place;
    };
    const Made table[] = {
        {"/projects", R"({"name":"Two","key":"TWO"})", "/projects/"},
        {"/projects/" + board.project + "/tasks", R"({"title":"Third"})", "/tasks/"},
        {"/orgs", R"({"name":"Mills","slug":"mills"})", "/orgs/"},
    };
    for (const Made& made : table) {
        const Answer answer = people.ada.post(kApi + made.route, made.body, {"Prefer: wait=10"});
        EXPECT_EQ(answer.header("location"), kApi + made.place + answer.text("/id")) << answer;
        EXPECT_EQ(people.ada.get(answer.header("location")).status, 200) << made.route;
    }
}

TEST(FirstHourAnswers, LeaveBootstrapForOnce) {
    ServedInstance instance;
    TwoOrganizations people(instance);
    const std::string again = fmt::format(
        R"({{"token":"{}","email":"eve@example.org","password":"{}","display_name":"Eve",)"
        R"("organization":{{"name":"Eve","slug":"eve"}}}})",
        instance.bootstrap_token(), kPassword
    );
    const Answer second = people.public_client.post(kApi + "/bootstrap", again);
    EXPECT_EQ(second.status, 409) << second;
    EXPECT_EQ(second.code(), "ALREADY_BOOTSTRAPPED");
    instance.stop();
    instance.start();
    EXPECT_EQ(instance.bootstrap_token(), "") << "run.json must not show a spent token";
}

TEST(FirstHourAnswers, TellWhoIsSignedIn) {
    ServedInstance instance;
    TwoOrganizations people(instance);
    const Json me = people.ada.must_get(kApi + "/auth/me");
    EXPECT_EQ(me.text("/person/id"), people.ada_id);
    EXPECT_EQ(me.text("/person/email"), "ada@example.org");
    EXPECT_EQ(me.text("/tenant"), people.engines);
    EXPECT_EQ(me.items("/organizations").size(), 2U);
    const Answer wrong = people.public_client.post(
        kApi + "/auth/login", R"({"login":"ada@example.org","password":"not the passphrase"})"
    );
    const Answer unknown = people.public_client.post(
        kApi + "/auth/login", R"({"login":"nobody@example.org","password":"not the passphrase"})"
    );
    EXPECT_EQ(wrong.status, 401) << wrong;
    EXPECT_EQ(wrong.without_instance(), unknown.without_instance());
}

}  // namespace
}  // namespace annals::test
