#include "infra/app/bench_command.hpp"

#include "domain/contract/json_reader.hpp"
#include "infra/bench/overload.hpp"
#include "infra/bench/team_day.hpp"
#include "infra/bench/visible_load.hpp"

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
    bench::VisibleLoadOptions visible;
    bench::OverloadOptions overload;
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
    std::string api;
    take(api, "api");
    if (arguments.day.apis.empty() && !api.empty()) arguments.day.apis.push_back(api);
    take(arguments.day.dsn, "dsn");
    take(arguments.day.kafka, "kafka");
    take(arguments.day.bootstrap_token, "bootstrap_token");
}

int run(BenchArguments& arguments) {
    take_run_file(arguments);
    auto& day = arguments.day;
    if (arguments.workload == "overload" || arguments.workload == "fairness") {
        arguments.overload.api = day.apis.empty() ? "" : day.apis.front();
        arguments.overload.json_file = day.json_file;
        return arguments.workload == "overload" ? bench::run_overload(arguments.overload)
                                                : bench::run_fairness(arguments.overload);
    }
    if (arguments.workload == "visible") {
        arguments.visible.api = day.apis.empty() ? "" : day.apis.front();
        arguments.visible.seed = day.seed;
        arguments.visible.json_file = day.json_file;
        return bench::run_visible_load(arguments.visible);
    }
    if (day.apis.empty() || day.dsn.empty() || day.kafka.empty()) {
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

/// The options of both workloads.
void declare_common(CLI::App& command, BenchArguments& arguments) {
    auto& day = arguments.day;
    command.add_option("--workload", arguments.workload)
        ->description(
            "team-day: organizations at work with all their disorder; visible: how soon queries show a "
            "command; overload: what is refused and how fast above the capacity; fairness: what one realm's "
            "import costs another"
        )
        ->required()
        ->check(CLI::IsMember({"team-day", "visible", "overload", "fairness"}));
    command.add_option("--seed", day.seed, "Every choice follows from it")->capture_default_str();
    command.add_option("--run", arguments.run_file, "run.json of the instance, for what is not given")
        ->capture_default_str();
    command.add_option("--api", day.apis, "http://HOST:PORT, once for each server of the system");
    command.add_option("--json", day.json_file, "File for the result as one JSON object");
}

void declare_team_day(CLI::App& command, bench::TeamDayOptions& day) {
    command.add_option("--organizations", day.organizations, "team-day: how many")
        ->check(CLI::Range(std::size_t{1}, bench::kOrganizationsMax))
        ->capture_default_str();
    command.add_option("--people", day.people, "team-day: of each organization, its owner included")
        ->check(CLI::Range(std::size_t{3}, bench::kPeopleMax))
        ->capture_default_str();
    command
        .add_option(
            "--commands", day.commands,
            "team-day: attempts to change something, sensible or not; the total of each organization, which "
            "its "
            "people share"
        )
        ->check(CLI::Range(std::size_t{1}, bench::kCommandsMax))
        ->capture_default_str();
    command
        .add_option("--time-limit", day.time_limit_s, "team-day: seconds after which no new attempt is begun")
        ->check(CLI::Range(1, 3600))
        ->capture_default_str();
    command.add_option("--pace", day.rate, "team-day: attempts per second of everybody; 0: no limit")
        ->check(CLI::Range(0.0, bench::kRateMax))
        ->capture_default_str();
    command.add_flag(
        "--through-faults", day.through_faults,
        "team-day: servers fail meanwhile; play until a line \"stop\" on standard input and reconcile after "
        "a "
        "line \"reconcile\""
    );
    command.add_option("--acks", day.acks_file, "team-day: file for the time of each acknowledgement");
    command.add_option("--dsn", day.dsn, "team-day: PostgreSQL; without a user annals_engine is used");
    command.add_option("--kafka", day.kafka, "team-day: HOST:PORT");
    command.add_option("--topic", day.topic, "team-day")->capture_default_str();
    command.add_flag(
        "--kafka-complete", day.kafka_complete,
        "team-day: the broker is a real one, the topic must hold every event from position 1"
    );
    command.add_flag("!--no-topic", day.topic_kept, "team-day: there is no topic that could be compared");
    command.add_option(
        "--bootstrap-token", day.bootstrap_token, "team-day: of a new instance; else --login exists"
    );
    command.add_option("--login", day.login, "team-day: who invites the owners")->capture_default_str();
    command.add_option("--password", day.password, "team-day: of --login");
}

void declare_visible(CLI::App& command, bench::VisibleLoadOptions& visible) {
    command.add_option("--rate", visible.rate, "visible: commands per second")
        ->check(CLI::Range(1.0, bench::kRateMax))
        ->capture_default_str();
    command.add_option("--seconds", visible.seconds, "visible")
        ->check(CLI::Range(1, 600))
        ->capture_default_str();
    command.add_option("--connections", visible.connections, "visible")
        ->check(CLI::Range(std::size_t{1}, bench::kThreadsMax))
        ->capture_default_str();
    command.add_option("--targets", visible.targets_file, "visible: file of lines ACCESS_TOKEN PROJECT_ID");
}

void declare_overload(CLI::App& command, bench::OverloadOptions& overload) {
    command.add_option(
        "--load-targets", overload.targets_file, "overload, fairness: file of lines ACCESS_TOKEN PROJECT_ID"
    );
    command.add_option("--rivals", overload.rivals_file, "fairness: the same, of the realm that imports");
    command.add_option("--factor", overload.factor, "overload: times the capacity that was measured first")
        ->check(CLI::Range(1.0, 100.0))
        ->capture_default_str();
    command.add_option("--load-seconds", overload.seconds, "overload, fairness")
        ->check(CLI::Range(1, 3600))
        ->capture_default_str();
    command.add_option("--load-connections", overload.connections, "overload, fairness: of the load")
        ->check(CLI::Range(std::size_t{1}, bench::kOpenLoopConnectionsMax))
        ->capture_default_str();
    command.add_option("--load-rate", overload.rate, "fairness: commands per second of the measured realm")
        ->check(CLI::Range(1.0, 1000.0))
        ->capture_default_str();
}

}  // namespace

void add_bench_command(CLI::App& app, int& exit_code) {
    const auto arguments = std::make_shared<BenchArguments>();
    arguments->run_file = default_run_file();
    CLI::App* command = app.add_subcommand("bench", "Play a workload against a running instance");
    declare_common(*command, *arguments);
    declare_team_day(*command, arguments->day);
    declare_visible(*command, arguments->visible);
    declare_overload(*command, arguments->overload);
    command->callback([arguments, &exit_code] { exit_code = run(*arguments); });
}

}  // namespace annals::app
