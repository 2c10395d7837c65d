#include "tests/support/api_client.hpp"

#include <algorithm>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <gmock/gmock.h>

namespace annals::test {
namespace {

using testing::HasSubstr;

constexpr int kConfigExitCode = 78;  ///< EX_CONFIG of sysexits.h
constexpr std::chrono::seconds kRefusalLimit{20};

class Configuration : public testing::Test {
protected:
    ProgramEnd serve(const Words& more = {}, const Variables& environment = {}) {
        Words words{"serve", "--home", instance.home()};
        const auto given = [&](const char* flag) { return std::ranges::find(more, flag) != more.end(); };
        if (!given("--dsn")) words.insert(words.end(), {"--dsn", instance.database().engine_dsn()});
        if (!given("--port") && environment.empty()) words.insert(words.end(), {"--port", "0"});
        words.insert(words.end(), more.begin(), more.end());
        return run_annals(words, environment, kRefusalLimit);
    }
    /// One line that a person understands, and not how the program is made inside.
    static void expect_one_line(const ProgramEnd& end, const std::string& says) {
        EXPECT_EQ(std::ranges::count(end.errors, '\n'), 1) << end.errors;
        EXPECT_THAT(end.errors, testing::StartsWith("annals: "));
        EXPECT_THAT(end.errors, HasSubstr(says));
        for (const char* inside : {"terminate", "std::", "what():", "0x", "{\"time\""}) {
            EXPECT_THAT(end.errors, testing::Not(HasSubstr(inside)));
        }
    }
    static void expect_refused(const ProgramEnd& end, const std::string& says) {
        EXPECT_EQ(end.exit_code, kConfigExitCode) << end.errors;
        expect_one_line(end, says);
    }

    ServedInstance instance{InstanceSettings{.serves = false}};
};

TEST_F(Configuration, IsRefusedWithoutTheMasterKey) {
    const std::string key = instance.file("keys/master.key");
    std::filesystem::permissions(key, std::filesystem::perms(0644));
    expect_refused(serve(), "chmod 600 " + key);
    std::filesystem::permissions(key, std::filesystem::perms(0600));
    std::ofstream(key, std::ios::trunc) << "short";
    expect_refused(serve(), "expected 32");
    std::filesystem::remove(key);
    expect_refused(serve(), key + " is missing");
}

TEST_F(Configuration, IsRefusedForADatabaseThatDoesNotFit) {
    PgDatabase empty(PgDatabase::Contents::none);
    expect_refused(serve({"--dsn", empty.engine_dsn()}), "run `annals migrate`");
    expect_refused(serve({"--dsn", instance.database().owner_dsn()}), "superuser");
    expect_refused(serve({"--dsn", instance.database().api_dsn()}), "annals_engine");
    expect_refused(serve({"--dsn", ""}), "--dsn");
    instance.database().run(
        "insert into annals.annals_migration select 9999, '9999_of_tomorrow', repeat('0', 64) "
        "from annals.annals_migration limit 1"
    );
    expect_refused(serve(), "newer");
}

TEST_F(Configuration, OfPartitionsIsNotNeededToMigrateALogThatHasThem) {
    PgDatabase three(PgDatabase::Contents::migrated, 3);
    const ProgramEnd end = run_annals({"migrate", "--owner-dsn", three.owner_dsn()});
    EXPECT_EQ(end.exit_code, 0) << end.errors;
    const ProgramEnd other = run_annals({"migrate", "--owner-dsn", three.owner_dsn(), "--partitions", "8"});
    EXPECT_EQ(other.exit_code, 1);
    expect_one_line(other, "3 partitions");
}

TEST_F(Configuration, TellsThatPostgresqlCannotBeReached) {
    const ProgramEnd end = serve({"--dsn", "host=127.0.0.1 port=1 user=annals_engine dbname=annals"});
    EXPECT_NE(end.exit_code, 0);
    expect_one_line(end, "PostgreSQL");
    EXPECT_THAT(end.errors, HasSubstr("--dsn"));
}

TEST_F(Configuration, IsRefusedForSettingsThatAreNone) {
    expect_refused(serve({"--port", "seventy"}), "--port");
    expect_refused(serve({"--port", "70000"}), "65535");
    expect_refused(serve({"--kafka", "nowhere"}), "--kafka");
    expect_refused(serve({"--log-level", "loud"}), "debug|info|warning|error");
    expect_refused(serve({"--cors-origins", "example.org"}), "--cors-origins");
    expect_refused(serve({}, {{"ANNALS_PROT", "8080"}}), "port");
    std::ofstream(instance.file("annals.toml")) << "prot = 8080\n";
    expect_refused(serve(), "annals.toml:1");
    std::ofstream(instance.file("annals.toml"), std::ios::trunc) << "port = = 1\n";
    expect_refused(serve(), "annals.toml");
    std::filesystem::remove(instance.file("annals.toml"));
    const ProgramEnd flag = serve({"--no-such-flag", "1"});
    EXPECT_EQ(flag.exit_code, 2) << flag.errors;
    EXPECT_THAT(flag.errors, HasSubstr("--no-such-flag"));
}

TEST_F(Configuration, IsRefusedForAPortThatIsTaken) {
    instance.start();
    const ProgramEnd end = serve({"--port", std::to_string(instance.endpoint().port)});
    expect_refused(end, std::to_string(instance.endpoint().port));
    EXPECT_EQ(ApiClient(instance).get("/livez").status, 200) << "the first one goes on";
}

TEST_F(Configuration, SaysWhereEachSettingComesFrom) {
    std::ofstream(instance.file("annals.toml"))
        << "log_level = \"warning\"\nworker_threads = 3\nport = 1001\n";
    const Words words{"config",        "print",  "--home",
                      instance.home(), "--json", "--port",
                      "1003",          "--dsn",  "host=db password=do-not-show"};
    const ProgramEnd end = run_annals(words, {{"ANNALS_WORKER_THREADS", "4"}, {"ANNALS_PORT", "1002"}});
    ASSERT_EQ(end.exit_code, 0) << end.errors;
    EXPECT_THAT(end.output, testing::Not(HasSubstr("do-not-show")));
    struct Expected {
        const char *name, *value, *source;
    };
    const Json printed = Json::parse(end.output);
    for (const Expected& expected : {
             Expected{"port", "1003", "flag"},
             Expected{"worker_threads", "4", "environment"},
             Expected{"log_level", "warning", "file"},
             Expected{"partitions", "8", "default"},
         }) {
        bool found = false;
        for (const Json& setting : printed.items("/settings")) {
            if (setting.text("/name") != expected.name) continue;
            found = true;
            EXPECT_EQ(setting.text("/value"), expected.value) << expected.name;
            EXPECT_EQ(setting.text("/source"), expected.source) << expected.name;
        }
        EXPECT_TRUE(found) << expected.name;
    }
    const ProgramEnd table = run_annals({"config", "print", "--home", instance.home()});
    EXPECT_THAT(table.output, HasSubstr("annals.toml:1"));
}

/// The log takes commands without a broker; only queries and readers of the topic have to wait for it.
TEST(WithoutABroker, CommandsAreTakenAndHealthSaysWhatIsMissing) {
    ServedInstance instance(InstanceSettings{.kafka = "127.0.0.1:1", .serves = false});
    instance.launch();
    ApiClient client(instance);
    Answer verbose;
    EXPECT_TRUE(eventually([&] {
        verbose = client.get("/readyz?verbose");
        return verbose.raw.body.contains("127.0.0.1:1") && verbose.raw.body.contains("[~]projector");
    })) << verbose;
    // Commands and queries are served; a load balancer must not take the process away for that.
    EXPECT_EQ(verbose.status, 200);
    EXPECT_THAT(verbose.raw.body, HasSubstr("[+]database"));
    EXPECT_THAT(verbose.raw.body, HasSubstr("[~]relay"));
    EXPECT_THAT(verbose.raw.body, HasSubstr("no broker can be reached"));
    EXPECT_EQ(client.get("/health").text("/status"), "degraded");
    const Answer first = client.post(
        kApi + "/bootstrap",
        fmt::format(
            R"({{"token":"{}","email":"ada@example.org","password":"{}","display_name":"Ada",)"
            R"("organization":{{"name":"Engines","slug":"engines"}}}})",
            instance.bootstrap_token(), kPassword
        )
    );
    EXPECT_EQ(first.status, 201) << first;
    EXPECT_EQ(instance.stop(), 0) << instance.log();
}

}  // namespace
}  // namespace annals::test
