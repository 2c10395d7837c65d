#include "infra/app/commands.hpp"
#include "infra/app/process.hpp"
#include "infra/postgres/migrate.hpp"
#include "infra/runtime/config_error.hpp"
#include "infra/runtime/log.hpp"
#include "infra/runtime/shutdown.hpp"

#include <cstdio>

namespace annals::app {

int serve(const runtime::Config& config) {
    // Before any thread: every thread inherits the blocked signals.
    runtime::ShutdownSignals signals;
    runtime::LogOptions log;
    log.level = runtime::parse_level(config.text("log_level")).value_or(runtime::Level::info);
    log.format = config.text("log_format") == "text" ? runtime::LogFormat::text : runtime::LogFormat::json;
    log.file = config.text("log_file");
    runtime::configure_log(log);
    if (config.text("dsn").empty()) {
        throw runtime::ConfigError(
            "no database: set --dsn or ANNALS_DSN, for instance \"host=127.0.0.1 dbname=annals\""
        );
    }
    Process process(config);
    process.start();
    (void)signals.wait();
    runtime::log(runtime::Level::info, "APP-77e0", "stopping");
    process.stop();
    return 0;
}

int migrate(const runtime::Config& config, bool dry_run) {
    pg::MigrateOptions options;
    options.owner_dsn = config.text("owner_dsn");
    if (options.owner_dsn.empty()) {
        throw runtime::ConfigError(
            "no owner connection: set --owner-dsn or ANNALS_OWNER_DSN to a role that may create"
        );
    }
    // A log that exists keeps the number it has, unless somebody names another one, which is refused.
    if (config.source(runtime::find_setting("partitions")) != runtime::ConfigSource::default_value)
        options.partitions = static_cast<std::uint16_t>(config.integer("partitions"));
    options.dry_run = dry_run;
    options.progress = [](const std::string& line) { std::printf("%s\n", line.c_str()); };
    const pg::MigrateReport report = pg::migrate(options);
    const char* verb = dry_run ? "would be applied" : "applied";
    std::printf("%zu migrations %s; the schema is at %d\n", report.applied.size(), verb, report.schema);
    return 0;
}

}  // namespace annals::app
