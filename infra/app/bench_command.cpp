#include "infra/app/bench_command.hpp"

#include "domain/contract/json_reader.hpp"
#include "infra/bench/team_day.hpp"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>

namespace annals::app {
namespace {

struct BenchArguments {
    std::string workload;
    std::string run_file;
    bench::TeamDayOptions day;
};

std::string default_run_file() {
    const char* home = std::getenv("ANNALS_HOME");
    return std::string(home != nullptr ? home : ".annals") + "/run.json";
}

/// Takes from run.json what the command line leaves open. A file that is not there says nothing.
void take_run_file(BenchArguments& arguments) {
    std::ifstream file(arguments.run_file);
    const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    contract::JsonDocument run;
    if (text.empty() || run.parse(text)) return;
    const auto take = [&run](std::string& option, std::string_view member) {
        if (option.empty()) option = run.text(member).value_or("");
    };
    take(arguments.day.api, "api");
    take(arguments.day.dsn, "dsn");
    take(arguments.day.kafka, "kafka");
    take(arguments.day.bootstrap_token, "bootstrap_token");
}

int run(BenchArguments& arguments) {
    take_run_file(arguments);
    auto& day = arguments.day;
    if (day.api.empty() || day.dsn.empty() || day.kafka.empty()) {
        std::fprintf(
            stderr,
            "annals bench: %s names no running instance; give --api, --dsn and --kafka, or --run FILE\n",
            arguments.run_file.c_str()
        );
        return 2;
    }
    if (day.organizations * day.people > bench::kThreadsMax) {
        std::fprintf(stderr, "annals bench: more than %zu people in all\n", bench::kThreadsMax);
        return 2;
    }
    return bench::run_team_day(day);
}

}  // namespace

void add_bench_command(CLI::App& app, int& exit_code) {
    const auto arguments = std::make_shared<BenchArguments>();
    auto& day = arguments->day;
    arguments->run_file = default_run_file();
    CLI::App* command =
        app.add_subcommand("bench", "Play a workload against a running instance and reconcile it");
    command
        ->add_option(
            "--workload", arguments->workload, "team-day: organizations at work, with all their disorder"
        )
        ->required()
        ->check(CLI::IsMember({"team-day"}));
    command->add_option("--seed", day.seed, "Every choice of every person follows from it")
        ->capture_default_str();
    command->add_option("--organizations", day.organizations)
        ->check(CLI::Range(std::size_t{1}, bench::kOrganizationsMax))
        ->capture_default_str();
    command->add_option("--people", day.people, "Of each organization, its owner included")
        ->check(CLI::Range(std::size_t{3}, bench::kPeopleMax))
        ->capture_default_str();
    command
        ->add_option(
            "--commands", day.commands,
            "Attempts to change something, sensible or not: the total of each organization, shared by its "
            "people"
        )
        ->check(CLI::Range(std::size_t{1}, bench::kCommandsMax))
        ->capture_default_str();
    command->add_option("--time-limit", day.time_limit_s, "Seconds after which no new attempt is begun")
        ->check(CLI::Range(1, 3600))
        ->capture_default_str();
    command->add_option("--run", arguments->run_file, "run.json of the instance, for what is not given")
        ->capture_default_str();
    command->add_option("--api", day.api, "http://HOST:PORT");
    command->add_option("--dsn", day.dsn, "PostgreSQL connection; without a user annals_engine is used");
    command->add_option("--kafka", day.kafka, "HOST:PORT");
    command->add_option("--topic", day.topic)->capture_default_str();
    command->add_flag(
        "--kafka-complete", day.kafka_complete,
        "The broker is a real one: the topic must hold every event from position 1"
    );
    command->add_option(
        "--bootstrap-token", day.bootstrap_token, "Of a new instance; else --login must be known to it"
    );
    command->add_option("--login", day.login, "Who invites the owners; made by bootstrap")
        ->capture_default_str();
    command->add_option("--password", day.password, "Of --login");
    command->add_option("--json", day.json_file, "File for the result as one JSON object");
    command->callback([arguments, &exit_code] { exit_code = run(*arguments); });
}

}  // namespace annals::app
