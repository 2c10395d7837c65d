#include "tests/support/api_client.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

namespace annals::test {
namespace {

using testing::HasSubstr;
using testing::Not;

class Verify : public testing::Test {
protected:
    ProgramEnd verify(bool json = false, const Words& more = {}) {
        Words words = instance.beside("verify");
        words.insert(words.end(), more.begin(), more.end());
        if (json) words.emplace_back("--json");
        return run_annals(words);
    }
    ProgramEnd replay(const Words& more) {
        Words words = instance.beside("replay");
        words.insert(words.end(), more.begin(), more.end());
        return run_annals(words);
    }
    /// What only somebody with all rights over the database can do.
    void tamper(const std::string& sql) {
        instance.database().run("alter table log.event disable trigger all");
        instance.database().run(sql);
        instance.database().run("alter table log.event enable trigger all");
    }

    ServedInstance instance;
    TwoOrganizations people{instance};
    SmallBoard board{people.ada, "VER"};
};

TEST_F(Verify, FindsNothingInAnUntouchedLog) {
    const ProgramEnd lines = verify();
    EXPECT_EQ(lines.exit_code, 0) << lines.output << lines.errors;
    EXPECT_THAT(lines.output, HasSubstr("everything holds"));
    EXPECT_EQ(lines.errors, "") << "a progress bar is for terminals";
    const ProgramEnd machine = verify(true);
    const Json result = Json::parse(machine.output.substr(0, machine.output.find('\n')));
    EXPECT_EQ(result.text("/ok"), "true");
    EXPECT_EQ(result.text("/events"), std::to_string(instance.events()));
    EXPECT_GT(result.items("/read_models").size(), 5U);
    EXPECT_FALSE(machine.output.contains("ada@example.org"));
}

TEST_F(Verify, SaysNothingAboutALogThatItDidNotVerify) {
    Words words = instance.beside("verify");
    words.emplace_back("--read-models");
    const ProgramEnd lines = run_annals(words);
    EXPECT_EQ(lines.exit_code, 0) << lines.output << lines.errors;
    EXPECT_THAT(lines.output, Not(HasSubstr("log:")));
    EXPECT_THAT(lines.output, HasSubstr("prj.task: "));
    words.emplace_back("--json");
    const Json result = Json::parse(run_annals(words).output);
    EXPECT_EQ(result.text("/ok"), "true");
    EXPECT_FALSE(result.has("/events") || result.has("/log_problems") || result.has("/problems"));
    EXPECT_GT(result.items("/read_models").size(), 5U);
}

TEST_F(Verify, LooksAtOneHalfAloneWhenAskedTo) {
    const auto exit_code = [&](const char* half) { return verify(false, {half}).exit_code; };
    const ProgramEnd lines = verify(false, {"--log"});
    EXPECT_EQ(lines.exit_code, 0) << lines.output << lines.errors;
    EXPECT_THAT(lines.output, HasSubstr(fmt::format("log: {} events, 0 problems", instance.events())));
    EXPECT_THAT(lines.output, Not(HasSubstr("prj.task")));
    const Json result = Json::parse(verify(true, {"--log"}).output);
    EXPECT_EQ(result.text("/ok"), "true");
    EXPECT_EQ(result.text("/events"), std::to_string(instance.events()));
    EXPECT_EQ(result.items("/read_models").size(), 0U);
    EXPECT_EQ(verify(false, {"--log", "--read-models"}).exit_code, 2) << "nothing would be left";

    const std::string row = fmt::format(" where id = '{}'", board.first_task);
    instance.database().run("update prj.task set title = 'Other'" + row);
    EXPECT_EQ(exit_code("--log"), 0);
    EXPECT_EQ(exit_code("--read-models"), 1);
    instance.database().run("update prj.task set title = 'First'" + row);
    EXPECT_EQ(exit_code("--read-models"), 0);

    const std::string event = fmt::format(" where stream_id = '{}'", board.first_task);
    tamper("update log.event set leaf_hash = sha256('x')" + event);
    EXPECT_EQ(exit_code("--read-models"), 0);
    const ProgramEnd hash = verify(false, {"--log"});
    EXPECT_EQ(hash.exit_code, 1);
    EXPECT_THAT(hash.output, HasSubstr("the leaf hash does not match the line"));
    EXPECT_THAT(hash.output, HasSubstr("NOT everything holds"));
    EXPECT_EQ(Json::parse(verify(true, {"--log"}).output).text("/log_problems"), "1");
    tamper("update log.event set leaf_hash = sha256('\\x00'::bytea || convert_to(line, 'UTF8'))" + event);
    EXPECT_EQ(exit_code("--log"), 0);
    tamper("update log.event set line = replace(line, 'First', 'Furst')" + event);
    EXPECT_EQ(exit_code("--log"), 1);
}

TEST_F(Verify, NamesTheEventOfWhichALineWasChanged) {
    const std::string place = instance.database().value(fmt::format(
        "select 'partition ' || partition || ' position ' || position from log.event where stream_id = '{}'",
        board.first_task
    ));
    tamper(fmt::format(
        "update log.event set line = replace(line, 'First', 'Furst') where stream_id = '{}'", board.first_task
    ));
    const ProgramEnd changed = verify();
    EXPECT_EQ(changed.exit_code, 1) << changed.errors;
    EXPECT_THAT(changed.output, HasSubstr(place + ": the leaf hash does not match the line"));
    EXPECT_THAT(changed.output, HasSubstr("NOT everything holds"));
    const Json result = Json::parse(verify(true).output);
    EXPECT_EQ(result.text("/ok"), "false");
    EXPECT_EQ(result.text("/log_problems"), "1");
}

TEST_F(Verify, SeesColumnsThatSaySomethingElseThanTheLine) {
    for (const char* column :
         {"type = 'prj.TaskUpdated'", "category = 'project'", "event_id = gen_random_uuid()"}) {
        tamper("create temporary table kept as select * from log.event");
        tamper(fmt::format("update log.event set {} where stream_id = '{}'", column, board.first_task));
        const ProgramEnd changed = verify();
        EXPECT_EQ(changed.exit_code, 1) << column;
        EXPECT_THAT(changed.output, HasSubstr("a column says something else than the line")) << column;
        tamper(
            "update log.event e set type = k.type, category = k.category, event_id = k.event_id from kept k "
            "where (k.partition, k.position) = (e.partition, e.position)"
        );
        tamper("drop table kept");
    }
    EXPECT_EQ(verify().exit_code, 0);
}

TEST_F(Verify, SeesAnEventThatIsGone) {
    tamper(fmt::format("delete from log.event where stream_id = '{}'", board.first_task));
    const ProgramEnd gone = verify();
    EXPECT_EQ(gone.exit_code, 1);
    EXPECT_THAT(gone.output, HasSubstr("the position before it was"));
}

TEST_F(Verify, NamesTheRowsThatAFoldOfTheLogDoesNotGive) {
    struct Change {
        std::string sql, undo;
    };
    const std::string id = board.first_task;
    const Change changes[] = {
        {fmt::format("update prj.task set title = 'Other' where id = '{}'", id),
         fmt::format("update prj.task set title = 'First' where id = '{}'", id)},
        {fmt::format("update prj.task set version = version + 1 where id = '{}'", id),
         fmt::format("update prj.task set version = version - 1 where id = '{}'", id)},
        {fmt::format("update prj.task set due = '2030-01-01' where id = '{}'", id),
         fmt::format("update prj.task set due = null where id = '{}'", id)},
        {fmt::format("delete from prj.task where id = '{}'", id), ""},
    };
    for (const Change& change : changes) {
        instance.database().run(change.sql);
        const ProgramEnd changed = verify();
        EXPECT_EQ(changed.exit_code, 1) << change.sql << changed.output;
        EXPECT_THAT(changed.output, HasSubstr("prj.task: ")) << change.sql;
        EXPECT_THAT(changed.output, HasSubstr("row " + id)) << change.sql;
        if (change.undo.empty()) continue;
        instance.database().run(change.undo);
        EXPECT_EQ(verify().exit_code, 0) << change.undo;
    }
}

TEST_F(Verify, HasReplayBesideItToShowAStreamEventByEvent) {
    const std::string task = kApi + "/tasks/" + board.first_task;
    ASSERT_EQ(people.ada.patch(task, R"({"title":"Changed"})").status, 200);
    ASSERT_EQ(people.ada.post(task + "/move", fmt::format(R"({{"column":"{}"}})", board.done)).status, 200);
    const ProgramEnd whole = replay({"--stream", board.first_task});
    EXPECT_EQ(whole.exit_code, 0) << whole.errors;
    for (const char* part :
         {"prj.TaskCreated", "prj.TaskUpdated", "prj.TaskMoved", "\"title\":\"Changed\"", "state"}) {
        EXPECT_THAT(whole.output, HasSubstr(part));
    }
    const ProgramEnd early = replay({"--stream", "task-" + board.first_task, "--until", "1"});
    EXPECT_EQ(early.exit_code, 0) << early.errors;
    EXPECT_THAT(early.output, HasSubstr("prj.TaskCreated"));
    EXPECT_THAT(early.output, Not(HasSubstr("prj.TaskUpdated")));
    EXPECT_EQ(replay({"--stream", "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b"}).exit_code, 1);
    EXPECT_EQ(replay({"--stream", "nothing"}).exit_code, 2);
}

}  // namespace
}  // namespace annals::test
