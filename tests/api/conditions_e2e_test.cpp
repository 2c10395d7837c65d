#include "tests/support/api_client.hpp"

#include <chrono>
#include <fmt/format.h>
#include <gmock/gmock.h>

namespace annals::test {
namespace {

using std::chrono::steady_clock;

/// A query waits this long for its min_position: api/kernel/services.hpp, kMinPositionWaitMs.
constexpr std::chrono::milliseconds kMinPositionWait{2000};

class Conditions : public testing::Test {
protected:
    ServedInstance instance;
    TwoOrganizations people{instance};
    SmallBoard board{people.ada, "COND"};
    std::string task = kApi + "/tasks/" + board.first_task;
};

TEST_F(Conditions, RefuseAStaleVersionInIfMatchWith412) {
    ASSERT_EQ(people.ada.patch(task, R"({"title":"Two"})", {R"(If-Match: "1")"}).status, 200);
    const auto before = instance.events();
    const Answer stale = people.ada.patch(task, R"({"title":"Three"})", {R"(If-Match: "1")"});
    EXPECT_EQ(stale.status, 412) << stale;
    EXPECT_EQ(stale.code(), "VERSION_CONFLICT");
    EXPECT_EQ(stale.json.number("/current_version"), 2);
    const Answer named = people.ada.post(
        kApi + "/commands",
        fmt::format(
            R"({{"type":"prj.UpdateTask","id":"{}","expected_version":1,"data":{{"title":"Three"}}}})",
            board.first_task
        )
    );
    EXPECT_EQ(named.status, 409) << named;
    EXPECT_EQ(named.json.number("/current_version"), 2);
    EXPECT_EQ(instance.events(), before);
    EXPECT_EQ(people.ada.patch(task, R"({"title":"Three"})", {"If-Match: *"}).status, 200);
    for (const char* odd :
         {R"(If-Match: W/"3")", R"(If-Match: "three")", R"(If-Match: "2", "3")", "If-Match: 3"}) {
        EXPECT_EQ(people.ada.patch(task, R"({"title":"Four"})", {odd}).status, 400) << odd;
    }
}

TEST_F(Conditions, AnswerARepeatedRequestWithTheSameBytes) {
    const std::string tasks = kApi + "/projects/" + board.project + "/tasks";
    const Words key{"Idempotency-Key: order-4711"};
    const Answer first = people.ada.post(tasks, R"({"title":"Once"})", key);
    ASSERT_EQ(first.status, 201) << first;
    EXPECT_EQ(first.header("idempotency-replayed"), "");
    const auto after_first = instance.events();
    const Answer again = people.ada.post(tasks, R"({"title":"Once"})", key);
    EXPECT_EQ(again.status, 201);
    EXPECT_EQ(again.raw.body, first.raw.body);
    EXPECT_EQ(again.header("location"), first.header("location"));
    EXPECT_EQ(again.header("idempotency-replayed"), "true");
    const Answer other = people.ada.post(tasks, R"({"title":"Twice"})", key);
    EXPECT_EQ(other.status, 422) << other;
    EXPECT_EQ(other.code(), "IDEMPOTENCY_MISMATCH");
    // The word is one person's own: another may use it too.
    EXPECT_EQ(people.max.post(tasks, R"({"title":"Max's"})", key).status, 201);

    instance.kill9();
    instance.start();
    ApiClient ada(instance, people.ada.token());
    const Answer restarted = ada.post(tasks, R"({"title":"Once"})", key);
    EXPECT_EQ(restarted.raw.body, first.raw.body);
    EXPECT_EQ(restarted.header("idempotency-replayed"), "true");
    EXPECT_EQ(instance.events(), after_first + 1);
}

TEST_F(Conditions, AnswerARepeatedFoundingWithTheSameOrganization) {
    const std::string form = R"({"name":"Sails","slug":"sails"})";
    const Words key{"Idempotency-Key: founding"};
    const Answer first = people.ada.post(kApi + "/orgs", form, key);
    ASSERT_EQ(first.status, 201) << first;
    const Answer again = people.ada.post(kApi + "/orgs", form, key);
    EXPECT_EQ(again.status, 201) << again;
    EXPECT_EQ(again.raw.body, first.raw.body);
    EXPECT_EQ(again.header("idempotency-replayed"), "true");
    const Answer other = people.ada.post(kApi + "/orgs", R"({"name":"Oars","slug":"oars"})", key);
    EXPECT_EQ(other.code(), "IDEMPOTENCY_MISMATCH") << other;
    EXPECT_EQ(people.max.post(kApi + "/orgs", R"({"name":"Oars","slug":"oars"})", key).status, 201)
        << "somebody else's key is another one";
}

TEST_F(Conditions, AreTakenAtTheirWordWhenTheyCannotHold) {
    const Answer only_new = people.ada.patch(task, R"({"title":"Two"})", {"If-None-Match: *"});
    EXPECT_EQ(only_new.status, 412) << only_new;
    const std::string tasks = kApi + "/projects/" + board.project + "/tasks";
    EXPECT_EQ(people.ada.post(tasks, R"({"title":"New"})", {"If-Match: *"}).status, 412);
    EXPECT_EQ(people.ada.post(tasks, R"({"title":"New"})", {"If-None-Match: *"}).status, 201);
    EXPECT_EQ(people.ada.patch(task, R"({"title":"Two"})", {"If-Match: *"}).status, 200);
}

TEST_F(Conditions, CountReasonAndTimeAsPartOfTheRequest) {
    const auto form = [&](const std::string& more) {
        return fmt::format(
            R"({{"type":"prj.UpdateTask","id":"{}","command_id":"0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5c",)"
            R"("data":{{"title":"Dated"}}{}}})",
            board.first_task, more
        );
    };
    const std::string dated = R"(,"effective_at":"2026-01-02T03:04:05Z","reason":"as agreed")";
    ASSERT_EQ(people.ada.post(kApi + "/commands", form(dated)).status, 200);
    EXPECT_EQ(people.ada.post(kApi + "/commands", form(dated)).header("idempotency-replayed"), "true");
    EXPECT_EQ(people.ada.post(kApi + "/commands", form("")).code(), "IDEMPOTENCY_MISMATCH");
    const std::string redated = R"(,"effective_at":"2026-01-03T03:04:05Z","reason":"as agreed")";
    EXPECT_EQ(people.ada.post(kApi + "/commands", form(redated)).code(), "IDEMPOTENCY_MISMATCH");
}

TEST_F(Conditions, TakeACommandIdForAnIdempotencyKey) {
    const std::string id = "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b";
    const std::string form = fmt::format(
        R"({{"type":"prj.UpdateTask","id":"{}","command_id":"{}","data":{{"title":"By name"}}}})",
        board.first_task, id
    );
    const Answer named = people.ada.post(kApi + "/commands", form);
    ASSERT_EQ(named.status, 200) << named;
    const Answer routed = people.ada.patch(task, R"({"title":"By name"})", {"Idempotency-Key: " + id});
    EXPECT_EQ(routed.raw.body, named.raw.body);
    EXPECT_EQ(routed.header("idempotency-replayed"), "true");
}

TEST_F(Conditions, ShowWhatAClientPreferredToWaitFor) {
    for (int i = 0; i < 20; ++i) {
        const std::string title = fmt::format("Title {}", i);
        const Answer changed =
            people.ada.patch(task, fmt::format(R"({{"title":"{}"}})", title), {"Prefer: wait=10"});
        ASSERT_EQ(changed.header("preference-applied"), "wait=10") << changed;
        ASSERT_EQ(people.ada.must_get(task).text("/title"), title);
    }
}

TEST_F(Conditions, ReadWhatWasWrittenAtItsPosition) {
    for (int i = 0; i < 20; ++i) {
        const std::string title = fmt::format("Title {}", i);
        const Answer changed = people.ada.patch(task, fmt::format(R"({{"title":"{}"}})", title));
        const Answer read = people.ada.get(task + "?min_position=" + changed.text("/position"));
        ASSERT_EQ(read.text("/title"), title) << read;
    }
}

TEST_F(Conditions, AnswerThatAPositionIsNotThereAfterABoundedWait) {
    const std::string position = people.ada.patch(task, R"({"title":"Now"})").text("/position");
    const std::string prefix = position.substr(0, position.rfind('-'));
    const std::string partition = prefix.substr(prefix.find('-'));
    for (const std::string& ahead : {prefix + "-999999999", "7" + partition + "-1"}) {
        const auto asked = steady_clock::now();
        const Answer answer = people.ada.get(task + "?min_position=" + ahead);
        const auto waited = steady_clock::now() - asked;
        EXPECT_EQ(answer.status, 503) << ahead << ' ' << answer;
        EXPECT_EQ(answer.code(), "PROJECTION_BEHIND");
        EXPECT_EQ(answer.header("retry-after"), "1");
        EXPECT_LT(waited, kMinPositionWait + std::chrono::seconds(1)) << ahead;
    }
    for (const char* odd : {"soon", "1-0", "1-0--1", "1-0-99999999999999999999", "1-70000-1"}) {
        EXPECT_EQ(people.ada.get(task + "?min_position=" + odd).status, 400) << odd;
    }
}

TEST_F(Conditions, AnswerNothingTwiceTheSame) {
    const Answer read = people.ada.get(task);
    ASSERT_EQ(read.header("etag"), R"("1")");
    const Answer same = people.ada.get(task, {R"(If-None-Match: "1")"});
    EXPECT_EQ(same.status, 304);
    EXPECT_EQ(same.raw.body, "");
    EXPECT_EQ(same.header("etag"), R"("1")");
    EXPECT_EQ(people.ada.get(task, {R"(If-None-Match: "1-gzip")"}).status, 304);
    EXPECT_EQ(people.ada.get(task, {R"(If-None-Match: "2")"}).status, 200);
}

}  // namespace
}  // namespace annals::test
