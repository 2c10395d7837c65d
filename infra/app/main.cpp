#include "commands/kernel/committed_state.hpp"
#include "commands/ports/event_store.hpp"
#include "infra/app/backup_command.hpp"
#include "infra/app/bench_command.hpp"
#include "infra/app/commands.hpp"
#include "infra/app/projection_commands.hpp"
#include "infra/postgres/pg_errors.hpp"
#include "infra/runtime/config_error.hpp"
#include "infra/runtime/log.hpp"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <functional>

namespace {

using annals::runtime::Config;

constexpr int kFailure = 1;

/// The settings a subcommand takes as flags, and what the command line said.
class SettingFlags {
public:
    explicit SettingFlags(CLI::App& command) {
        for (std::size_t i = 0; i < annals::runtime::kSettings.size(); ++i) {
            const auto& setting = annals::runtime::kSettings[i];
            command.add_option(annals::runtime::flag_name(setting), values_[i], std::string(setting.help));
        }
    }
    [[nodiscard]] Config load() const {
        annals::runtime::NamedValues flags;
        for (std::size_t i = 0; i < values_.size(); ++i) {
            if (values_[i]) flags.emplace_back(annals::runtime::kSettings[i].name, *values_[i]);
        }
        return Config::load({flags, annals::runtime::process_environment()});
    }

private:
    std::array<std::optional<std::string>, annals::runtime::kSettings.size()> values_;
};

/// Every error of a subcommand ends here as one line.
int run_guarded(const std::function<int()>& command) {
    try {
        return command();
    } catch (const annals::runtime::ConfigError& error) {
        std::fprintf(stderr, "annals: %s\n", error.what());
        return annals::runtime::kConfigExitCode;
    } catch (const annals::StoreUnavailable& away) {
        std::fprintf(
            stderr, "annals: PostgreSQL cannot be reached: %s; is it running, and is --dsn right?\n",
            away.what()
        );
        return kFailure;
    } catch (const annals::pg::PgError& error) {
        const bool absent = error.kind() == annals::pg::ErrorKind::cannot_connect;
        std::fprintf(stderr, "annals: %s%s\n", error.what(), absent ? " See --dsn (ANNALS_DSN)." : "");
        return kFailure;
    } catch (const annals::UnreadableLog& damage) {
        std::fprintf(stderr, "annals: the log cannot be read: %s\n", damage.what());
        return kFailure;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "annals: %s\n", error.what());
        return kFailure;
    }
}

/// A subcommand with the settings as flags; `run` is called with them after the command line was read.
void add_command(
    CLI::App& app, const char* name, const char* description, int& exit_code,
    const std::function<std::function<int(const Config&)>(CLI::App&)>& declare
) {
    CLI::App* command = app.add_subcommand(name, description);
    const auto flags = std::make_shared<SettingFlags>(*command);
    const auto run = declare(*command);
    command->callback([&exit_code, flags, run] {
        exit_code = run_guarded([&] { return run(flags->load()); });
    });
}

void add_server_commands(CLI::App& app, int& exit_code) {
    add_command(app, "serve", "Run the roles of this process until SIGTERM", exit_code, [](CLI::App&) {
        return [](const Config& config) { return annals::app::serve(config); };
    });
    add_command(
        app, "migrate", "Bring the database to the schema of this binary", exit_code,
        [](CLI::App& command) {
            const auto dry_run = std::make_shared<bool>(false);
            command.add_flag("--dry-run", *dry_run, "Say what would be done and change nothing");
            return [dry_run](const Config& config) { return annals::app::migrate(config, *dry_run); };
        }
    );
}

void add_auditor_commands(CLI::App& app, int& exit_code) {
    add_command(
        app, "replay", "Print each event of a stream and the state after it", exit_code,
        [](CLI::App& command) {
            const auto stream = std::make_shared<std::string>();
            const auto until = std::make_shared<std::optional<std::uint64_t>>();
            command.add_option("--stream", *stream, "The stream: task-<uuid>, or the uuid alone")->required();
            command.add_option("--until", *until, "The last version to print");
            return [stream, until](const Config& config) {
                return annals::app::replay(config, *stream, *until);
            };
        }
    );
    add_command(
        app, "verify", "Check every invariant of the log and every read model", exit_code,
        [](CLI::App& command) {
            const auto json = std::make_shared<bool>(false);
            const auto scope = std::make_shared<annals::app::VerifyScope>();
            command.add_flag("--json", *json, "Print one JSON object");
            CLI::Option* log = command.add_flag_callback(
                "--log", [scope] { scope->read_models = false; }, "Only check the log itself"
            );
            command
                .add_flag_callback(
                    "--read-models", [scope] { scope->log = false; },
                    "Only fold the log and compare the query tables"
                )
                ->excludes(log);
            return [json, scope](const Config& config) { return annals::app::verify(config, *json, *scope); };
        }
    );
}

void add_kafka_commands(CLI::App& app, int& exit_code) {
    CLI::App* kafka = app.add_subcommand("kafka", "The topic");
    kafka->require_subcommand(1);
    add_command(
        *kafka, "check", "Compare the topic with the log: count, order and bytes", exit_code,
        [](CLI::App& command) {
            const auto allow_behind = std::make_shared<bool>(false);
            const auto json = std::make_shared<bool>(false);
            command.add_flag("--allow-behind", *allow_behind, "A topic that only lacks the newest is fine");
            command.add_flag("--json", *json, "Print one JSON object");
            return [allow_behind, json](const Config& config) {
                return annals::app::kafka_check(config, *allow_behind, *json);
            };
        }
    );
}

void add_log_commands(CLI::App& app, int& exit_code) {
    CLI::App* log = app.add_subcommand("log", "The event log as a whole");
    log->require_subcommand(1);
    add_command(
        *log, "raise-epoch", "Say that the log was restored: later events carry a new epoch", exit_code,
        [](CLI::App& command) {
            const auto reason = std::make_shared<std::string>();
            const auto above = std::make_shared<std::uint32_t>(0);
            const auto json = std::make_shared<bool>(false);
            command.add_option("--reason", *reason, "Why; kept with the time in log.epoch")->required();
            command.add_option("--above", *above, "An epoch that is in use elsewhere, such as on the topic");
            command.add_flag("--json", *json, "Print one JSON object");
            return [reason, above, json](const Config& config) {
                return annals::app::raise_epoch(config, *reason, *above, *json);
            };
        }
    );
}

void add_backup(CLI::App& app, int& exit_code) {
    add_command(
        app, "backup", "Copy the cluster, or name a moment that can be restored", exit_code,
        [](CLI::App& command) {
            const auto order = std::make_shared<annals::app::BackupOrder>();
            command.add_option("folder", order->folder, "Folder of the backups")->required();
            command.add_option("--mark", order->mark, "Name this moment instead of copying the cluster");
            command.add_option("--pg-bin", order->pg_bin, "Folder of PostgreSQL's programs");
            command.add_option("--wait", order->wait_s, "Seconds to wait for the WAL archive");
            return [order](const Config& config) { return annals::app::backup(config, *order); };
        }
    );
}

void add_restore(CLI::App& app, int& exit_code) {
    CLI::App* command = app.add_subcommand("restore", "Make a cluster as of a moment out of a backup");
    const auto order = std::make_shared<annals::app::RestoreOrder>();
    command->add_option("folder", order->folder, "Folder of the backups")->required();
    command->add_option("--into", order->into, "The new data directory")->required();
    command->add_option("--time", order->time, "Until this time, such as 2026-03-01T11:00:00Z");
    command->add_option("--mark", order->mark, "Until this mark");
    command->add_flag("--latest", order->latest, "Until the end of the archive");
    command->add_option("--pg-bin", order->pg_bin, "Folder of PostgreSQL's programs");
    command->add_option("--above", order->above, "An epoch that is in use elsewhere");
    command->callback([&exit_code, order] {
        exit_code = run_guarded([&] { return annals::app::restore(*order); });
    });
}

using annals::app::RebuildOrder;

/// A subcommand of `projections` that works on one projection.
void add_rebuild_command(
    CLI::App& projections, const char* name, const char* description, int& exit_code,
    int (*run)(const Config&, const RebuildOrder&), bool may_differ
) {
    add_command(projections, name, description, exit_code, [run, may_differ](CLI::App& command) {
        const auto order = std::make_shared<RebuildOrder>();
        command.add_option("name", order->name, "The projection, such as projects.task")->required();
        command.add_option("--workers", order->workers, "Threads that fill the copy");
        command.add_flag("--json", order->json, "Print one JSON object");
        if (may_differ) {
            command.add_flag(
                "--accept-differences", order->accepts_differences, "Switch even if rows differ"
            );
            command.add_flag("!--no-switch", order->switches, "Leave the live tables as they are");
        }
        return [run, order](const Config& config) { return run(config, *order); };
    });
}

void add_parked_commands(CLI::App& projections, int& exit_code) {
    struct Words {
        std::string name, stream, position, reason;
        bool json{false};
    };
    const auto declare = [](CLI::App& command, bool named) {
        auto words = std::make_shared<Words>();
        command.add_flag("--json", words->json, "Print one JSON object");
        if (named) command.add_option("name", words->name, "The projection")->required();
        return words;
    };
    add_command(projections, "status", "How far each projection is", exit_code, [=](CLI::App& command) {
        return [words = declare(command, false)](const Config& config) {
            return annals::app::projections_status(config, words->json);
        };
    });
    add_command(projections, "parked", "Events that could not be applied", exit_code, [=](CLI::App& command) {
        return [words = declare(command, false)](const Config& config) {
            return annals::app::projections_parked(config, words->json);
        };
    });
    add_command(projections, "retry", "Apply parked events again", exit_code, [=](CLI::App& command) {
        const auto words = declare(command, true);
        command.add_option("--stream", words->stream, "Only this stream");
        return [words](const Config& config) {
            return annals::app::projections_retry(config, words->name, words->stream, words->json);
        };
    });
    add_command(projections, "skip", "Give a parked event up", exit_code, [=](CLI::App& command) {
        const auto words = declare(command, true);
        command.add_option("position", words->position, "EPOCH-PARTITION-NUMBER, as `parked` shows it")
            ->required();
        command.add_option("--reason", words->reason, "Why; kept in the log")->required();
        return [words](const Config& config) {
            return annals::app::projections_skip(
                config, words->name, words->position, words->reason, words->json
            );
        };
    });
}

void add_projection_commands(CLI::App& app, int& exit_code) {
    CLI::App* projections =
        app.add_subcommand("projections", "The query tables: state, parked events, rebuilds");
    projections->require_subcommand(1);
    add_parked_commands(*projections, exit_code);
    using namespace annals::app;
    add_rebuild_command(
        *projections, "rebuild", "Build the tables anew beside the live ones, compare and switch", exit_code,
        projections_rebuild, true
    );
    add_rebuild_command(
        *projections, "switch", "Compare and make the copy live", exit_code, projections_switch, true
    );
    add_rebuild_command(
        *projections, "switch-back", "Make the former tables live again", exit_code, projections_switch_back,
        false
    );
    add_rebuild_command(
        *projections, "drop", "Drop the tables beside the live ones", exit_code, projections_drop, false
    );
}

void add_documents(CLI::App& app, int& exit_code) {
    app.add_subcommand("openapi", "Print the OpenAPI description")->callback([&exit_code] {
        exit_code = run_guarded(annals::app::print_openapi);
    });
    app.add_subcommand("asyncapi", "Print the AsyncAPI description")->callback([&exit_code] {
        exit_code = run_guarded(annals::app::print_asyncapi);
    });
    CLI::App* config = app.add_subcommand("config", "Settings of this process");
    config->require_subcommand(1);
    add_command(
        *config, "print", "Each setting with its value and where it comes from", exit_code,
        [](CLI::App& command) {
            const auto json = std::make_shared<bool>(false);
            command.add_flag("--json", *json, "Print one JSON object");
            return [json](const Config& settings) { return annals::app::print_config(settings, *json); };
        }
    );
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app{"Annals: an event-sourced business backend", "annals"};
    app.require_subcommand(1);
    int exit_code = 0;
    add_server_commands(app, exit_code);
    add_auditor_commands(app, exit_code);
    add_kafka_commands(app, exit_code);
    add_log_commands(app, exit_code);
    add_backup(app, exit_code);
    add_restore(app, exit_code);
    add_projection_commands(app, exit_code);
    add_documents(app, exit_code);
    annals::app::add_bench_command(app, exit_code);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        // CLI11 numbers its own errors above 100; users of scripts know 2.
        return app.exit(error) == 0 ? 0 : 2;
    }
    return exit_code;
}
