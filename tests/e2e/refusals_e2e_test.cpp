#include "tests/support/api_client.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

namespace annals::test {
namespace {

/// What PostgreSQL may say of a statement that is fine, and that passes: serialization failure, deadlock,
/// statement timeout, disk full, out of memory, too many connections, lock timeout, read-only, shutdown,
/// crash of another backend, an error of the operating system.
const char* const kPassing[] = {"40001", "40P01", "57014", "53100", "53200", "53300",
                                "55P03", "25006", "57P01", "57P02", "58030"};
constexpr int kFaults = 3;         ///< in a row
constexpr int kAttemptsMax = 100;  ///< of a client that repeats what was refused

/// PostgreSQL raises an error of our choice where the product writes or reads; a sequence counts, because it
/// is not rolled back.
class Refused : public testing::Test {
protected:
    ServedInstance instance;
    TwoOrganizations people{instance};
    SmallBoard board{people.ada, "FAULT"};

    void SetUp() override {
        PgDatabase& database = instance.database();
        database.run("create schema fault");
        database.run("create table fault.plan (code text, times bigint)");
        database.run("insert into fault.plan values ('00000', 0)");
        database.run("create sequence fault.count");
        database.run(
            "create function fault.strike() returns boolean language plpgsql volatile security definer as $$"
            " declare p fault.plan; begin select * into p from fault.plan;"
            " if p.times > 0 and nextval('fault.count') <= p.times then"
            "   raise exception 'injected' using errcode = p.code; end if; return true; end $$"
        );
        database.run(
            "create function fault.trigger() returns trigger language plpgsql security definer as $$"
            " begin perform fault.strike(); return new; end $$"
        );
        database.run("grant usage on schema fault to public");
    }
    void plan(const std::string& code, int times) {
        instance.database().run("alter sequence fault.count restart");
        instance.database().run(fmt::format("update fault.plan set code = '{}', times = {}", code, times));
    }
    void strike_on_insert(const std::string& table) {
        instance.database().run(fmt::format(
            "create trigger fault before insert on {} for each row execute function fault.trigger()", table
        ));
    }
    std::uint64_t struck() {
        return std::stoull(instance.database().value(
            "select case when is_called then last_value else 0 end from fault.count"
        ));
    }
    std::uint64_t tasks_named(const std::string& title) {
        return std::stoull(instance.database().value(fmt::format(
            "select count(*) from log.event where type = 'prj.TaskCreated' and line like '%\"{}\"%'", title
        )));
    }
    Answer create(const std::string& title) {
        return people.ada.post(
            kApi + "/projects/" + board.project + "/tasks", fmt::format(R"({{"title":"{}"}})", title),
            {"Idempotency-Key: " + title}
        );
    }
    /// As a client does: the same again until it is answered. Every refusal must be one that says so.
    Answer create_patiently(const std::string& title) {
        for (int attempt = 1;; ++attempt) {
            const Answer answer = create(title);
            if (answer.status == 201 || attempt == kAttemptsMax) return answer;
            EXPECT_EQ(answer.status, 503) << title << ": " << answer;
            EXPECT_NE(answer.header("retry-after"), "") << title;
        }
    }
};

TEST_F(Refused, AnAppendThatMaySucceedLaterIsRepeatedOrA503AndHappensOnce) {
    strike_on_insert("log.event");
    for (const std::string code : kPassing) {
        plan(code, kFaults);
        const std::string title = "append-" + code;
        EXPECT_EQ(create_patiently(title).status, 201) << code;
        EXPECT_GE(struck(), static_cast<std::uint64_t>(kFaults)) << code << ": nothing was injected";
        EXPECT_EQ(tasks_named(title), 1U) << code;
    }
    EXPECT_EQ(instance.stop(), 0);
}

TEST_F(Refused, AQueryThatMaySucceedLaterIsA503UntilItDoes) {
    PgDatabase& database = instance.database();
    // Queries are read-only transactions, in which nothing can be counted.
    database.run(
        "create function fault.always() returns boolean language plpgsql stable security definer as $$"
        " declare p fault.plan; begin select * into p from fault.plan;"
        " if p.times > 0 then raise exception 'injected' using errcode = p.code; end if; return true; end $$"
    );
    database.run("create policy fault on prj.task as restrictive using (fault.always())");
    const std::string target = kApi + "/tasks/" + board.first_task;
    for (const std::string code : kPassing) {
        plan(code, 1);
        const Answer refused = people.ada.get(target);
        EXPECT_EQ(refused.status, 503) << code << ": " << refused;
        EXPECT_NE(refused.header("retry-after"), "") << code;
        plan(code, 0);
        EXPECT_EQ(people.ada.get(target).status, 200) << code;
    }
}

TEST_F(Refused, AProjectionBatchThatMaySucceedLaterIsRepeatedAndParksNothing) {
    strike_on_insert("prj.task");
    for (const std::string code : kPassing) {
        plan(code, kFaults);
        const Answer made = create("projected-" + code);
        ASSERT_EQ(made.status, 201) << code << made;
        const std::string target =
            kApi + "/tasks/" + made.text("/id") + "?min_position=" + made.text("/position");
        EXPECT_TRUE(eventually([&] { return people.ada.get(target).status == 200; })) << code;
        EXPECT_GE(struck(), static_cast<std::uint64_t>(kFaults)) << code << ": nothing was injected";
    }
    EXPECT_EQ(instance.database().value("select count(*) from proj.parked"), "0");
}

TEST_F(Refused, ARowThatPostgresWillNeverTakeFailsItsOwnCommandOnly) {
    instance.database().run(
        "alter table log.event add constraint fault check (line not like '%poison%') not valid"
    );
    std::string items;
    for (int i = 0; i < 40; ++i) {
        items += fmt::format(
            R"({}{{"type":"prj.CreateTask","data":{{"project_id":"{}","title":"{} {}"}}}})",
            i == 0 ? "" : ",", board.project, i == 17 ? "poison" : "fine", i
        );
    }
    const Answer batch =
        people.ada.post(kApi + "/commands:batch", R"({"atomic":false,"commands":[)" + items + "]}");
    ASSERT_EQ(batch.status, 200) << batch;
    for (int i = 0; i < 40; ++i) {
        EXPECT_EQ(batch.text(fmt::format("/items/{}/status", i)), i == 17 ? "500" : "200") << i;
    }
    EXPECT_EQ(create("after-all").status, 201);
    EXPECT_EQ(instance.database().value("select count(*) from log.event where line like '%\"fine %'"), "39");
}

TEST_F(Refused, AReadOnlyDatabaseRefusesCommandsAndServesQueriesAndComesBack) {
    PgDatabase& database = instance.database();
    const auto end_sessions = [&] {
        database.run(
            "select count(pg_terminate_backend(pid)) from pg_stat_activity"
            " where datname = current_database() and pid <> pg_backend_pid()"
        );
    };
    const std::string alter = "alter database " + database.name() + " set default_transaction_read_only = ";
    database.run(alter + "on");
    end_sessions();
    EXPECT_TRUE(eventually([&] { return create("read-only").status == 503; }));
    EXPECT_EQ(people.ada.get(kApi + "/tasks/" + board.first_task).status, 200);
    database.run("set default_transaction_read_only = off");
    database.run(alter + "off");
    end_sessions();
    EXPECT_TRUE(eventually([&] { return create("read-only").status == 201; }, std::chrono::seconds(5)));
    EXPECT_EQ(tasks_named("read-only"), 1U);
}

TEST_F(Refused, WithoutASessionToBeHadCommandsAndQueriesAre503AndComeBack) {
    PgDatabase& database = instance.database();
    database.run("alter database " + database.name() + " connection limit 0");
    database.run(
        "select count(pg_terminate_backend(pid)) from pg_stat_activity"
        " where datname = current_database() and pid <> pg_backend_pid()"
    );
    EXPECT_TRUE(eventually([&] { return create("no-session").status == 503; }));
    EXPECT_TRUE(eventually([&] {
        const Answer answer = people.ada.get(kApi + "/tasks/" + board.first_task);
        EXPECT_NE(answer.status, 500) << answer;
        return answer.status == 503;
    }));
    database.run("alter database " + database.name() + " connection limit -1");
    EXPECT_TRUE(eventually(
        [&] {
            return create("no-session").status == 201 &&
                   people.ada.get(kApi + "/tasks/" + board.first_task).status == 200;
        },
        std::chrono::seconds(5)
    ));
    EXPECT_EQ(tasks_named("no-session"), 1U);
}

}  // namespace
}  // namespace annals::test
