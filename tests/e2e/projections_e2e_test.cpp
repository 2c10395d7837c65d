#include "tests/e2e/load.hpp"
#include "tests/support/api_client.hpp"

#include <atomic>
#include <csignal>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace annals::test {
namespace {

using testing::HasSubstr;

/// What an operator does about query tables while the product serves.
class Projections : public testing::Test {
protected:
    Words words(const Words& more) {
        Words all{"projections"};
        all.insert(all.end(), more.begin(), more.end());
        all.insert(all.end(), {"--home", instance.home(), "--dsn", instance.database().engine_dsn()});
        all.insert(all.end(), {"--owner-dsn", instance.database().owner_dsn()});
        return all;
    }
    ProgramEnd run(const Words& more) { return run_annals(words(more)); }
    ProgramEnd verify() { return run_annals(instance.beside("verify")); }
    std::string sql(const std::string& text) { return instance.database().value(text); }

    std::string create_task(const std::string& title) {
        const Answer answer = people.ada.post(
            kApi + "/projects/" + board.project + "/tasks", fmt::format(R"({{"title":"{}"}})", title)
        );
        EXPECT_EQ(answer.status, 201) << answer;
        return answer.text("/id");
    }
    bool caught_up() {
        return eventually([&] {
            return sql("select bool_and(c.position = p.head) from proj.checkpoint c join log.partition p "
                       "using "
                       "(partition) where c.projection not like '%#beside'") == "t";
        });
    }

    ServedInstance instance;
    TwoOrganizations people{instance};
    SmallBoard board{people.ada, "PRJ"};
};

TEST_F(Projections, AreRebuiltBesideWhileWritesAndQueriesGoOn) {
    const std::string indexes =
        "select string_agg(indexdef, '; ' order by indexname) from pg_indexes where schemaname = 'prj' and "
        "tablename = 'task'";
    const std::string indexes_before = sql(indexes);
    Load load(instance, people.log_in("ada@example.org", people.engines), {board.project, board.project});
    std::atomic<bool> stop{false};
    std::atomic<int> queries{0};
    std::atomic<int> failed{0};
    std::atomic<int> halves{0};
    const std::string token = people.log_in("ada@example.org", people.engines);
    std::thread reader([&] {
        ApiClient client(instance, token);
        while (!stop) {
            const Answer list = client.get(kApi + "/tasks/" + board.first_task);
            ++queries;
            if (list.status == 404) ++halves;
            if (list.status != 200) ++failed;
        }
    });
    ASSERT_TRUE(eventually([&] { return load.acknowledged() > 100; }));
    for (const std::string name : {"projects.task", "projects.task_history", "identity.my_organizations"}) {
        const ProgramEnd rebuilt = run({"rebuild", name, "--json"});
        EXPECT_EQ(rebuilt.exit_code, 0) << name << rebuilt.output << rebuilt.errors;
        EXPECT_THAT(rebuilt.output, HasSubstr(R"("equal":true,"switched":true)"));
    }
    const std::size_t so_far = load.acknowledged();
    EXPECT_TRUE(eventually([&] { return load.acknowledged() > so_far + 50; })) << "writes go on afterwards";
    EXPECT_EQ(run({"switch-back", "projects.task"}).exit_code, 0);
    const auto acknowledged = load.finish();
    stop = true;
    reader.join();
    EXPECT_GT(queries, 50);
    EXPECT_EQ(failed, 0) << halves << " of them saw no row";
    ASSERT_TRUE(caught_up());
    EXPECT_EQ(sql("select count(*) from prj.task"), std::to_string(acknowledged.size() + 2));
    const ProgramEnd checked = verify();
    EXPECT_EQ(checked.exit_code, 0) << checked.output;
    EXPECT_THAT(run({"rebuild", "identity.my_organizations"}).errors, HasSubstr("former tables"));
    for (const std::string name : {"projects.task", "projects.task_history", "identity.my_organizations"})
        EXPECT_EQ(run({"drop", name}).exit_code, 0);
    EXPECT_EQ(sql("select count(*) from pg_tables where schemaname = 'beside'"), "0");
    EXPECT_EQ(sql("select count(*) from proj.checkpoint where projection like '%#%'"), "0");
    EXPECT_EQ(sql(indexes), indexes_before);
}

TEST_F(Projections, AreNotSwitchedWhenALiveRowIsNotWhatTheLogGives) {
    ASSERT_TRUE(caught_up());
    sql("update prj.task set title = 'Doctored' where id = '" + board.first_task + "'");
    const ProgramEnd refused = run({"rebuild", "projects.task"});
    EXPECT_EQ(refused.exit_code, 1);
    EXPECT_THAT(refused.output, HasSubstr("row " + board.first_task));
    EXPECT_THAT(refused.output, HasSubstr("realm " + people.engines));
    EXPECT_THAT(refused.output, HasSubstr("NOT switched"));
    EXPECT_EQ(sql("select title from prj.task where id = '" + board.first_task + "'"), "Doctored");
    EXPECT_EQ(run({"switch", "projects.task", "--accept-differences", "--json"}).exit_code, 1);
    EXPECT_EQ(sql("select title from prj.task where id = '" + board.first_task + "'"), "First");
    EXPECT_EQ(verify().exit_code, 0);
    EXPECT_EQ(run({"switch-back", "projects.task"}).exit_code, 0);
    EXPECT_EQ(sql("select title from prj.task where id = '" + board.first_task + "'"), "Doctored");
}

TEST_F(Projections, GoOnWithARebuildThatWasKilled) {
    ASSERT_TRUE(caught_up());
    ASSERT_EQ(run({"rebuild", "projects.task", "--no-switch"}).exit_code, 0);
    for (int i = 0; i < 20; ++i) create_task(fmt::format("More {}", i));
    ASSERT_TRUE(caught_up());
    const std::string behind =
        "select sum(l.position - b.position) > 0 from proj.checkpoint l join proj.checkpoint b using "
        "(partition)"
        " where l.projection = 'projects.task@1' and b.projection = 'projects.task@1#beside'";
    ASSERT_EQ(sql(behind), "t");
    // Filling stands still at this lock until the kill, in the middle of its work.
    pg::Connection holder(instance.database().owner_dsn(), pg::kMigrationSession);
    holder.execute("begin; lock table beside.prj_task in exclusive mode");
    Words command = words({"rebuild", "projects.task"});
    command.insert(command.begin(), annals_binary());
    std::vector<char*> arguments;
    for (std::string& word : command) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    const pid_t child = ::fork();
    if (child == 0) {
        ::execv(arguments[0], arguments.data());
        ::_exit(127);
    }
    EXPECT_TRUE(becomes_true(
        instance.database(),
        "select count(*) > 0 from pg_locks l join pg_class c on c.oid = l.relation"
        " where c.relname = 'prj_task' and not l.granted"
    ));
    ::kill(child, SIGKILL);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFSIGNALED(status));
    holder.execute("rollback");
    ASSERT_TRUE(eventually([&] {
        const ProgramEnd resumed = run({"rebuild", "projects.task", "--json"});
        return resumed.exit_code == 0 && resumed.output.contains(R"("switched":true)");
    }));
    EXPECT_EQ(verify().exit_code, 0);
    create_task("Afterwards");
    ASSERT_TRUE(caught_up());
    EXPECT_EQ(verify().exit_code, 0);
}

TEST_F(Projections, ParkAPoisonedStreamUntilAnOperatorRetriesOrSkips) {
    ASSERT_TRUE(caught_up());
    instance.database().run("alter table prj.task add constraint poison check (title not like 'poison%')");
    const std::string poisoned = create_task("poison one");
    const std::string other = create_task("poison two");
    ASSERT_EQ(people.ada.patch(kApi + "/tasks/" + poisoned, R"({"title":"well"})").status, 200);
    create_task("fine");
    ASSERT_TRUE(caught_up());
    EXPECT_EQ(sql("select count(*) from prj.task where title = 'fine'"), "1");
    const std::string at =
        sql("select '1-' || partition || '-' || position from proj.parked where code = 'database' and "
            "stream_id = '" +
            other + "'");
    const std::string waiting =
        sql("select '1-' || partition || '-' || position from proj.parked where code = 'waiting'");
    const ProgramEnd listed = run({"parked", "--json"});
    EXPECT_THAT(listed.output, HasSubstr(R"("attempts":1)"));
    EXPECT_THAT(listed.output, HasSubstr(at));
    EXPECT_THAT(run({"parked"}).output, HasSubstr("3 parked events"));
    EXPECT_EQ(run({"retry", "projects.task"}).exit_code, 1);
    EXPECT_THAT(run({"parked", "--json"}).output, HasSubstr(R"("attempts":2)"));

    const ProgramEnd skipped = run({"skip", "projects.task", at, "--reason", "an experiment"});
    EXPECT_EQ(skipped.exit_code, 0) << skipped.errors;
    EXPECT_EQ(sql("select count(*) from log.event where type = 'ops.ParkedEventSkipped'"), "1");
    EXPECT_EQ(run({"skip", "projects.task", at, "--reason", "an experiment"}).exit_code, 1)
        << "no longer parked";
    EXPECT_EQ(run({"skip", "projects.task", waiting, "--reason", "not the first"}).exit_code, 1);
    EXPECT_EQ(verify().exit_code, 0) << "what was given up is no difference";

    instance.database().run("alter table prj.task drop constraint poison");
    const ProgramEnd retried = run({"retry", "projects.task", "--stream", poisoned});
    EXPECT_EQ(retried.exit_code, 0) << retried.errors;
    EXPECT_EQ(sql("select title || version from prj.task where id = '" + poisoned + "'"), "well2");
    EXPECT_EQ(sql("select count(*) from proj.parked"), "0");
    EXPECT_EQ(verify().exit_code, 0);
    EXPECT_EQ(run({"rebuild", "projects.task"}).exit_code, 0) << "the copy leaves it out as well";
    EXPECT_EQ(verify().exit_code, 0);
}

TEST_F(Projections, CarryOutASkipThatWasOnlyWrittenDown) {
    ASSERT_TRUE(caught_up());
    instance.database().run("alter table prj.task add constraint poison check (title not like 'poison%')");
    const std::string poisoned = create_task("poison one");
    ASSERT_TRUE(caught_up());
    const std::string at = sql("select '1-' || partition || '-' || position from proj.parked");
    sql("create table public.kept as select * from proj.parked");
    ASSERT_EQ(run({"skip", "projects.task", at, "--reason", "an experiment"}).exit_code, 0);
    // As if the process had ended between both steps.
    sql("insert into proj.parked select * from public.kept");
    EXPECT_EQ(run({"skip", "projects.task", at, "--reason", "an experiment"}).exit_code, 0);
    EXPECT_EQ(sql("select count(*) from proj.parked"), "0");
    EXPECT_EQ(sql("select count(*) from log.event where type = 'ops.ParkedEventSkipped'"), "1");
    EXPECT_EQ(verify().exit_code, 0);
}

TEST_F(Projections, TellHowFarTheyAreAndRefuseWrongWords) {
    ASSERT_TRUE(caught_up());
    EXPECT_THAT(run({"status"}).output, HasSubstr("projects.task@1"));
    EXPECT_THAT(run({"status", "--json"}).output, HasSubstr(R"("state":"idle")"));
    EXPECT_EQ(run({"rebuild", "projects.nothing"}).exit_code, 2);
    EXPECT_THAT(run({"retry", "projects.nothing"}).errors, HasSubstr("known: identity.person"));
    EXPECT_EQ(run({"rebuild", "projects.task", "--workers", "0"}).exit_code, 2);
    EXPECT_EQ(run({"retry", "projects.task", "--stream", "x"}).exit_code, 2);
    EXPECT_EQ(run({"skip", "projects.task", "x", "--reason", "some reason"}).exit_code, 2);
    EXPECT_EQ(run({"skip", "projects.task", "1-0-1", "--reason", "x"}).exit_code, 2);
    EXPECT_EQ(run({"skip", "projects.task", "1-0-1"}).exit_code, 2);
    EXPECT_EQ(run({"skip", "projects.task", "1-0-999", "--reason", "some reason"}).exit_code, 1);
    EXPECT_EQ(run({"switch", "projects.task"}).exit_code, 1);
    EXPECT_THAT(run({"drop", "projects.task"}).errors, HasSubstr("there is no copy beside"));
    EXPECT_EQ(run({}).exit_code, 2);
}

}  // namespace
}  // namespace annals::test
