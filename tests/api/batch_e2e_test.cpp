#include "tests/support/api_client.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

namespace annals::test {
namespace {

/// The most commands of a batch: api/kernel/services.hpp, kCommandBatchMax.
constexpr std::size_t kBatchMax = 1000;

class Batches : public testing::Test {
protected:
    static std::string rename(const std::string& task, const std::string& title) {
        return fmt::format(R"({{"type":"prj.UpdateTask","id":"{}","data":{{"title":"{}"}}}})", task, title);
    }
    [[nodiscard]] std::string create(const std::string& title) const {
        return fmt::format(
            R"({{"type":"prj.CreateTask","data":{{"project_id":"{}","title":"{}"}}}})", board.project, title
        );
    }
    static std::string batch(bool atomic, const Words& commands) {
        return fmt::format(R"({{"atomic":{},"commands":[{}]}})", atomic, fmt::join(commands, ","));
    }
    Answer send(const std::string& body) { return people.ada.post(kApi + "/commands:batch", body); }

    ServedInstance instance;
    TwoOrganizations people{instance};
    SmallBoard board{people.ada, "BATCH"};
    const std::string unknown = "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b";
};

TEST_F(Batches, AnswerEachCommandForItself) {
    const auto before = instance.events();
    const Answer answer =
        send(batch(false, {rename(board.first_task, "A"), rename(unknown, "B"), create("C")}));
    ASSERT_EQ(answer.status, 200) << answer;
    EXPECT_EQ(answer.json.number("/items/0/status"), 200);
    EXPECT_EQ(answer.text("/items/0/result/version"), "2");
    EXPECT_EQ(answer.json.number("/items/1/status"), 404);
    EXPECT_EQ(answer.text("/items/1/problem/code"), "NOT_FOUND");
    EXPECT_EQ(answer.text("/items/2/result/version"), "1");
    EXPECT_EQ(instance.events(), before + 2);
}

TEST_F(Batches, DoAllOrNothingWhenAtomic) {
    const auto before = instance.events();
    const Answer failed =
        send(batch(true, {rename(board.first_task, "A"), create("B"), rename(unknown, "C")}));
    EXPECT_EQ(failed.status, 404) << failed;
    EXPECT_EQ(failed.text("/index"), "2");
    EXPECT_EQ(instance.events(), before);
    const Answer done =
        send(batch(true, {rename(board.first_task, "A"), rename(board.first_task, "B"), create("C")}));
    EXPECT_EQ(done.status, 200) << done;
    EXPECT_EQ(done.text("/items/1/result/version"), "3");
    EXPECT_EQ(instance.events(), before + 3);
    // Task numbers without gaps: what the failed batch took it gave back.
    const Answer next = people.ada.post(
        kApi + "/projects/" + board.project + "/tasks", R"({"title":"D"})", {"Prefer: wait=10"}
    );
    EXPECT_EQ(people.ada.must_get(next.header("location")).text("/key"), "BATCH-4");
}

TEST_F(Batches, AreOfOneOrganizationWhenAtomic) {
    const auto before = instance.events();
    const std::string other =
        fmt::format(R"({{"type":"org.RenameTenant","id":"{}","data":{{"name":"Looms Ltd"}}}})", people.looms);
    const Answer answer = send(batch(true, {rename(board.first_task, "A"), other}));
    EXPECT_EQ(answer.status, 400) << answer;
    EXPECT_EQ(answer.code(), "BAD_REQUEST");
    EXPECT_EQ(instance.events(), before);
    EXPECT_EQ(send(batch(false, {rename(board.first_task, "A"), other})).status, 200);
    EXPECT_EQ(instance.events(), before + 2);
}

TEST_F(Batches, PointAtTheCommandThatCannotBeRead) {
    const auto before = instance.events();
    for (const bool atomic : {false, true}) {
        const Answer answer = send(batch(
            atomic, {rename(board.first_task, "A"),
                     fmt::format(R"({{"type":"prj.UpdateTask","id":"{}","data":{{"titel":"B"}}}})", unknown)}
        ));
        EXPECT_EQ(answer.status, 422) << answer;
        EXPECT_EQ(answer.text("/errors/0/pointer"), "/commands/1/data/titel");
    }
    EXPECT_EQ(instance.events(), before);
}

TEST_F(Batches, HoldAThousandCommandsAndNoMore) {
    const auto before = instance.events();
    Words commands(kBatchMax, create("One of many"));
    const Answer full = send(batch(true, commands));
    ASSERT_EQ(full.status, 200) << full;
    EXPECT_EQ(full.json.items("/items").size(), kBatchMax);
    EXPECT_EQ(instance.events(), before + kBatchMax);
    commands.push_back(create("One too many"));
    const Answer over = send(batch(true, commands));
    EXPECT_EQ(over.status, 422) << over;
    EXPECT_EQ(over.text("/errors/0/pointer"), "/commands");
    EXPECT_EQ(over.text("/errors/0/code"), "too_many");
    EXPECT_EQ(send(batch(true, {})).text("/errors/0/code"), "too_few");
    EXPECT_EQ(instance.events(), before + kBatchMax);
}

TEST_F(Batches, NameEachCommandIdOnceAndDoNothingOtherwise) {
    const auto before = instance.events();
    const auto with_id = [&](const std::string& id, const std::string& title) {
        return fmt::format(
            R"({{"type":"prj.CreateTask","command_id":"{}","data":{{"project_id":"{}","title":"{}"}}}})", id,
            board.project, title
        );
    };
    const std::string id = "0190a1b2-c3d4-7e5f-8a9b-0000000000aa";
    for (const bool atomic : {false, true}) {
        const Answer answer =
            send(batch(atomic, {with_id(id, "A"), create("B"), with_id(unknown, "C"), with_id(id, "A")}));
        EXPECT_EQ(answer.status, 422) << answer;
        EXPECT_EQ(answer.code(), "VALIDATION_FAILED");
        EXPECT_EQ(answer.text("/errors/0/pointer"), "/commands/3/command_id");
        EXPECT_EQ(answer.text("/errors/0/code"), "duplicate");
    }
    EXPECT_EQ(instance.events(), before);
    EXPECT_EQ(send(batch(true, {with_id(id, "A"), with_id(unknown, "C"), create("B")})).status, 200);
    EXPECT_EQ(instance.events(), before + 3);
}

TEST_F(Batches, AreRepeatedByTheIdsOfTheirCommands) {
    const std::string id = "0190a1b2-c3d4-7e5f-8a9b-00000000000";
    Words commands;
    for (int i = 0; i < 3; ++i) {
        commands.push_back(fmt::format(
            R"({{"type":"prj.CreateTask","command_id":"{}{}","data":{{"project_id":"{}","title":"T{}"}}}})",
            id, i, board.project, i
        ));
    }
    const Answer first = send(batch(true, commands));
    ASSERT_EQ(first.status, 200) << first;
    const auto after = instance.events();
    EXPECT_EQ(send(batch(true, commands)).raw.body, first.raw.body);
    EXPECT_EQ(instance.events(), after);
}

}  // namespace
}  // namespace annals::test
