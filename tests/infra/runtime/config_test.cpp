#include "infra/runtime/config.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>

namespace annals::runtime {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::Pair;

class ConfigTest : public testing::Test {
protected:
    ConfigTest() {
        std::string pattern = (fs::temp_directory_path() / "annals-config-XXXXXX").string();
        folder_ = mkdtemp(pattern.data());
        home_ = {"ANNALS_HOME", folder_.string()};
    }
    ~ConfigTest() override { fs::remove_all(folder_); }

    [[nodiscard]] std::string write(const std::string& text, const std::string& name = "annals.toml") const {
        std::ofstream(folder_ / name) << text;
        return (folder_ / name).string();
    }

    [[nodiscard]] Config load(NamedValues flags = {}, NamedValues environment = {}) const {
        environment.push_back(home_);
        return Config::load({std::move(flags), std::move(environment)});
    }

    [[nodiscard]] std::string refusal(NamedValues flags = {}, NamedValues environment = {}) const {
        try {
            static_cast<void>(load(std::move(flags), std::move(environment)));
        } catch (const ConfigError& error) {
            EXPECT_THAT(error.what(), Not(HasSubstr("\n"))) << "one line";
            return error.what();
        }
        return "nothing was refused";
    }

    fs::path folder_;
    std::pair<std::string, std::string> home_;
};

TEST_F(ConfigTest, StartsFromDefaultsThatAreAllValid) {
    const auto config = load();
    EXPECT_EQ(config.integer("port"), 8080);
    EXPECT_EQ(config.text("address"), "127.0.0.1");
    EXPECT_EQ(config.integer("access_token_ttl_s"), 600);
    EXPECT_EQ(config.integer("refresh_token_ttl_s"), 30 * 24 * 3600);
    EXPECT_THAT(config.list("roles"), ElementsAre("api", "relay", "projector", "worker"));
    EXPECT_THAT(config.list("cors_origins"), IsEmpty());
    EXPECT_EQ(config.path("master_key_file"), (folder_ / "keys/master.key").string());
    EXPECT_EQ(config.in_home("run.json"), (folder_ / "run.json").string());
    EXPECT_EQ(config.source(find_setting("port")), ConfigSource::default_value);
}

TEST_F(ConfigTest, TakesFlagOverEnvironmentOverFile) {
    static_cast<void>(write("port = 1\npartitions = 2\nwriter_count = 3\n"));
    const auto config = load({{"port", "100"}}, {{"ANNALS_PORT", "10"}, {"ANNALS_PARTITIONS", "20"}});
    EXPECT_EQ(config.integer("port"), 100);
    EXPECT_EQ(config.integer("partitions"), 20);
    EXPECT_EQ(config.integer("writer_count"), 3);
    EXPECT_EQ(config.source(find_setting("port")), ConfigSource::flag);
    EXPECT_EQ(config.source(find_setting("partitions")), ConfigSource::environment);
    EXPECT_EQ(config.source(find_setting("writer_count")), ConfigSource::file);
}

TEST_F(ConfigTest, ReadsEveryKindOfValueFromTheFile) {
    const auto path = write(
        "# comment\n"
        "port = 9_000\n"
        "roles = [\"api\", \"relay\"]\n"
        "cors_origins = \"https://a.example, http://b.example:8080\"\n"
        "master_key_file = \"/run/secrets/master.key\"\n",
        "other.toml"
    );
    const auto config = load({{"config", path}});
    EXPECT_EQ(config.integer("port"), 9000);
    EXPECT_THAT(config.list("roles"), ElementsAre("api", "relay"));
    EXPECT_THAT(config.list("cors_origins"), ElementsAre("https://a.example", "http://b.example:8080"));
    EXPECT_EQ(config.path("master_key_file"), "/run/secrets/master.key");
    EXPECT_EQ(load({}, {{"ANNALS_CONFIG", path}}).integer("port"), 9000);
}

TEST_F(ConfigTest, NamesPlaceAndLikelyMeaningOfAnUnknownSetting) {
    EXPECT_THAT(
        refusal({{"prot", "1"}}),
        AllOf(HasSubstr("command line: unknown setting 'prot'"), HasSubstr("'port'?"))
    );
    EXPECT_THAT(
        refusal({}, {{"ANNALS_WRITER_COUNTS", "1"}}),
        AllOf(HasSubstr("ANNALS_WRITER_COUNTS: "), HasSubstr("did you mean 'writer_count'?"))
    );
    EXPECT_THAT(
        refusal({}, {{"ANNALS_ZZZZZZZZ", "1"}}),
        AllOf(HasSubstr("unknown setting"), Not(HasSubstr("did you mean")))
    );
    const auto path = write("port = 1\n\nlog_levle = \"info\"\n");
    EXPECT_EQ(refusal(), path + ":3: unknown setting 'log_levle'; did you mean 'log_level'?");
}

TEST_F(ConfigTest, RefusesWrongValuesInOneLine) {
    const std::pair<NamedValues, std::string> cases[] = {
        {{{"port", "abc"}}, "--port: 'abc' is no whole number from 0 to 65535"},
        {{{"port", "65536"}}, "--port: '65536' is no whole number from 0 to 65535"},
        {{{"port", "-1"}}, "--port: '-1' is no whole number from 0 to 65535"},
        {{{"port", ""}}, "--port: '' is no whole number from 0 to 65535"},
        {{{"port", "80 "}}, "--port: '80 ' is no whole number from 0 to 65535"},
        {{{"access_token_ttl_s", "29"}}, "--access-token-ttl-s: '29' is no whole number from 30 to 3600 s"},
        {{{"port", "99999999999999999999"}},
         "--port: '99999999999999999999' is no whole number from 0 to 65535"},
        {{{"log_level", "loud"}}, "--log-level: 'loud' is none of debug|info|warning|error"},
        {{{"log_format", ""}}, "--log-format: '' is none of json|text"},
        {{{"roles", "api,cook"}}, "--roles: 'cook' is none of api|relay|projector|worker"},
        {{{"kafka", "localhost"}}, "--kafka: 'localhost' is not HOST:PORT"},
        {{{"kafka", "localhost:0"}}, "--kafka: 'localhost:0' is not HOST:PORT"},
        {{{"kafka", "a b:9092"}}, "--kafka: 'a b:9092' is not HOST:PORT"},
        {{{"address", "localhost"}}, "--address: 'localhost' is no IP address"},
        {{{"topic", "a/b"}}, "--topic: 'a/b' is no Kafka topic name (letters, digits, '.', '-', '_')"},
        {{{"peer_url", "10.0.0.5:8080"}}, "--peer-url: '10.0.0.5:8080' is neither auto nor http://IP:PORT"},
        {{{"peer_url", "http://api:8080"}}, "--peer-url: 'http://api:8080' is neither auto nor http://IP:PORT"
        },
        {{{"peer_url", "http://10.0.0.5:0"}},
         "--peer-url: 'http://10.0.0.5:0' is neither auto nor http://IP:PORT"},
        {{{"peer_url", "http://10.0.0.5:80/x"}},
         "--peer-url: 'http://10.0.0.5:80/x' is neither auto nor http://IP:PORT"},
        {{{"cors_origins", "*"}}, "--cors-origins: '*' is no origin such as https://app.example.org"},
        {{{"cors_origins", "https://a.example/path"}},
         "--cors-origins: 'https://a.example/path' is no origin such as https://app.example.org"},
    };
    for (const auto& [flags, message] : cases) EXPECT_EQ(refusal(flags), message);
    for (const auto* good : {"localhost:9092", "[::1]:9092", "10.0.0.1:1", "kafka-1.internal:65535", ""}) {
        EXPECT_EQ(load({{"kafka", good}}).text("kafka"), good);
    }
    EXPECT_EQ(load({{"address", "::1"}}).text("address"), "::1");
}

TEST_F(ConfigTest, RefusesFilesItCannotUse) {
    EXPECT_THAT(
        refusal({{"config", "/nowhere/annals.toml"}}), HasSubstr("/nowhere/annals.toml cannot be read")
    );
    const std::pair<std::string, std::string> cases[] = {
        {"port = \n", ":1: "},
        {"port = 1\nport = 2\n", ":2: "},
        {"[http]\nport = 1\n", ":1: http must be a text, a whole number, true, false or a list of texts"},
        {"\nport = 1.5\n", ":2: port must be"},
        {"roles = [\"api,relay\"]\n", ":1: roles must be"},
        {"home = \"x\"\n", ":1: home decides which file is read, so it cannot stand in it"},
        {"port = \"many\"\n", ":1: 'many' is no whole number from 0 to 65535"},
    };
    for (const auto& [text, message] : cases) {
        const auto path = write(text);
        EXPECT_THAT(refusal(), HasSubstr(path + message)) << text;
    }
}

TEST_F(ConfigTest, ReadsSecretsFromFiles) {
    const auto path = write("host=db password=hunter2\n", "dsn");
    const auto config = load({}, {{"ANNALS_DSN_FILE", path}});
    EXPECT_EQ(config.text("dsn"), "host=db password=hunter2");
    EXPECT_THAT(
        refusal({}, {{"ANNALS_DSN_FILE", "/nowhere"}}), HasSubstr("secret file /nowhere cannot be read")
    );
    EXPECT_EQ(
        refusal({}, {{"ANNALS_DSN_FILE", path}, {"ANNALS_DSN", "x"}}),
        "ANNALS_DSN and ANNALS_DSN_FILE are both set; keep one"
    );
    EXPECT_EQ(refusal({}, {{"ANNALS_PORT_FILE", path}}), "nothing was refused")
        << "a name Kubernetes may set";
    EXPECT_EQ(
        refusal({}, {{"ANNALS_TOPIC_FILE", path}}),
        "ANNALS_TOPIC_FILE: only secrets are read from files; set ANNALS_TOPIC"
    );
    EXPECT_EQ(load({}, {{"ANNALS_MASTER_KEY_FILE", path}}).path("master_key_file"), path)
        << "a setting of this very name";
}

TEST_F(ConfigTest, LeavesForeignVariablesAlone) {
    EXPECT_NO_THROW(static_cast<void>(load(
        {}, {{"ANNALS_TEST_PG", "x"},
             {"ANNALS_BIN", "x"},
             {"ANNALS_PRESET", "x"},
             {"ANNALS_SERVICE_HOST", "10.0.0.1"},
             {"PATH", "/bin"},
             {"ANNALS_PORT_8080_TCP", "tcp://10.0.0.1:8080"}}
    )));
}

TEST_F(ConfigTest, PrintsSourcesAndMasksSecrets) {
    const auto config = load({{"port", "9"}}, {{"ANNALS_DSN", "password=hunter2"}});
    for (const auto& text : {config.to_table(), config.to_json()}) {
        EXPECT_THAT(text, AllOf(Not(HasSubstr("hunter2")), HasSubstr("********"), HasSubstr("ANNALS_DSN")));
    }
    EXPECT_THAT(config.to_table(), testing::ContainsRegex("port +9 +flag \\(--port\\)\n"));
    EXPECT_THAT(config.to_table(), testing::ContainsRegex("topic +annals.events +default\n"));
    EXPECT_THAT(
        config.to_json(),
        HasSubstr(R"({"name":"port","value":"9","source":"flag","place":"--port","default":"8080",)")
    );
}

TEST(Settings, HaveHelpAndDistinctNames) {
    for (std::size_t i = 0; i < kSettings.size(); ++i) {
        EXPECT_EQ(find_setting(kSettings[i].name), i);
        EXPECT_THAT(std::string{kSettings[i].help}, Not(IsEmpty())) << kSettings[i].name;
        if (kSettings[i].type == SettingType::integer)
            EXPECT_LT(kSettings[i].min, kSettings[i].max) << kSettings[i].name;
    }
    EXPECT_EQ(flag_name(kSettings[find_setting("access_token_ttl_s")]), "--access-token-ttl-s");
    EXPECT_EQ(environment_name(kSettings[find_setting("access_token_ttl_s")]), "ANNALS_ACCESS_TOKEN_TTL_S");
}

TEST(Settings, OfTheProcessAreItsOwnVariables) {
    setenv("ANNALS_TEST_CONFIG_PROBE", "a=b", 1);
    EXPECT_THAT(process_environment(), testing::Contains(Pair("ANNALS_TEST_CONFIG_PROBE", "a=b")));
    unsetenv("ANNALS_TEST_CONFIG_PROBE");
}

}  // namespace
}  // namespace annals::runtime
