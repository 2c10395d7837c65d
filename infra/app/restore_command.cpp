#include "infra/app/backup_command.hpp"
#include "infra/app/backup_folder.hpp"
#include "infra/app/recovery_server.hpp"
#include "infra/postgres/connection.hpp"
#include "infra/postgres/log_epoch.hpp"
#include "infra/runtime/config_error.hpp"

#include <algorithm>
#include <cstdio>
#include <fmt/format.h>
#include <fstream>
#include <unistd.h>

namespace annals::app {
namespace {

namespace fs = std::filesystem;
using runtime::ConfigError;

/// Replaying months of WAL takes a while; a server that hangs must not hang us for ever.
constexpr std::chrono::seconds kRecoveryLimit = std::chrono::hours(12);

constexpr pg::Statement kKeepsEpochs{
    "restore_keeps_epochs", "select pg_catalog.to_regclass('log.epoch') is not null"
};
constexpr pg::Statement kOutcome{
    "restore_outcome",
    "select log_id::text, coalesce((select max(recorded_at) from log.event)::text, 'no event'),"
    " (select pg_catalog.string_agg(head::text, ' ' order by partition) from log.partition)"
    " from log.installation"
};

/// What is to be restored: the copy to begin with, and PostgreSQL's settings that say where to stop.
struct Target {
    BaseBackup base;
    RecoveryServer::Settings settings{};
    std::string words;  ///< for people
};

Target choose_target(const BackupFolder& folder, const RestoreOrder& order) {
    const int given = (order.time.empty() ? 0 : 1) + (order.mark.empty() ? 0 : 1) + (order.latest ? 1 : 0);
    if (given != 1) throw ConfigError("say until when: one of --time, --mark and --latest");
    const auto bases = folder.bases();
    if (bases.empty()) throw ConfigError(folder.path().string() + " holds no finished backup");
    if (order.latest) return {.base = bases.back(), .words = "the end of the archive"};
    std::optional<Instant> until = Instant::parse(order.time);
    Target target{.base = {}, .words = order.time.empty() ? "the mark " + order.mark : order.time};
    if (!order.mark.empty()) {
        const auto mark = folder.mark(order.mark);
        if (!mark) throw ConfigError("there is no mark " + order.mark);
        until = mark->at;
        target.settings.emplace_back("recovery_target_name", mark->point);
    } else {
        if (!until) throw ConfigError("--time takes 2026-03-01T11:00:00Z, with a zone");
        // The server reads it before it knows that Z is a zone.
        std::string time = until->to_string();
        time.replace(time.size() - 1, 1, "+00");
        target.settings.emplace_back("recovery_target_time", time);
    }
    const auto later =
        std::ranges::find_if(bases, [&](const BaseBackup& base) { return base.ended > *until; });
    if (later == bases.begin()) {
        throw ConfigError(fmt::format(
            "the oldest backup is of {}; nothing before that can be restored", bases.front().ended.to_string()
        ));
    }
    target.base = *std::prev(later);
    return target;
}

void check_use(const RestoreOrder& order) {
    if (::geteuid() == 0) {
        throw ConfigError(
            "PostgreSQL does not run as root: run this as its user, for instance with "
            "`runuser -u postgres -- annals restore ...`"
        );
    }
    if (fs::exists(order.into) && !fs::is_empty(order.into)) {
        throw ConfigError(order.into + " is not empty; a restore makes a new data directory");
    }
}

void check_copy(const BackupFolder& folder, const Target& target, const std::string& pg_bin) {
    const fs::path base = folder.base(target.base.name);
    if (fs::exists(base / "pg_tblspc") && !fs::is_empty(base / "pg_tblspc")) {
        throw ConfigError("the cluster has tablespaces, which are not restored by this command");
    }
    const std::string program = postgres_program(pg_bin, target.base.major, "pg_verifybackup");
    if (const int code = runtime::run_program({.words = {program, "--quiet", base.string()}}); code != 0) {
        throw std::runtime_error(
            fmt::format("pg_verifybackup ended with {}: {} is damaged", code, base.string())
        );
    }
}

/// A data directory that begins recovery at its next start.
void copy_base(const fs::path& from, const fs::path& into) {
    fs::create_directories(into);
    fs::permissions(into, fs::perms::owner_all);
    fs::copy(from, into, fs::copy_options::recursive);
    std::ofstream(into / "recovery.signal") << "";
}

void print_next_steps(const RestoreOrder& order, const pg::Rows& outcome, const std::string& epoch) {
    const std::string log_id(*outcome.at(0, 0));
    const std::string last(*outcome.at(0, 1));
    const std::string heads(*outcome.at(0, 2));
    std::printf(
        "restored log %s into %s\n"
        "its last event was recorded at %s; heads by partition: %s\n"
        "%s\n"
        "next:\n"
        "  1. keep the old cluster stopped, and start PostgreSQL on %s\n"
        "  2. annals verify, with the DSN of the restored cluster\n"
        "  3. annals serve, on the same topic: what the topic has beyond the log is superseded, not "
        "overwritten\n"
        "  4. annals kafka check\n",
        log_id.c_str(), order.into.c_str(), last.c_str(), heads.c_str(), epoch.c_str(), order.into.c_str()
    );
}

/// Answers what came of it, for people.
std::string raise(
    const BackupFolder& folder, const RestoreOrder& order, const Target& target, pg::Connection& connection,
    const std::string& dsn
) {
    if (!connection.query(kKeepsEpochs).boolean(0, 0)) {
        return "its schema is older than this binary, so the epoch is not raised: run `annals migrate` and "
               "`annals "
               "log raise-epoch` before anything serves it";
    }
    // Two restores from one folder must not give the same epoch to two histories.
    const std::uint32_t above = std::max(order.above, folder.epoch());
    const auto raised = pg::raise_epoch(dsn, "restored to " + target.words, above);
    folder.write_epoch(raised.epoch);
    return fmt::format(
        "its epoch is now {}: positions of what is not there any more are recognised", raised.epoch
    );
}

/// PostgreSQL hands the history of a new timeline to the archiver at the promotion, and recovery archives
/// nothing. Without it the next restore would not know that timeline, and bring back what this one leaves
/// out. It is left to the archiver of the cluster that goes live: a restore for practice must not be taken
/// for the newest history.
void hand_history_to_archiver(const fs::path& data) {
    std::vector<fs::path> histories;
    for (const auto& entry : fs::directory_iterator(data / "pg_wal")) {
        if (entry.path().extension() == ".history") histories.push_back(entry.path().filename());
    }
    for (const fs::path& history : histories) {
        const fs::path status = data / "pg_wal" / "archive_status" / (history.string() + ".ready");
        if (!std::ofstream(status)) throw std::runtime_error("cannot write " + status.string());
    }
}

void recover(const BackupFolder& folder, const RestoreOrder& order, const Target& target) {
    RecoveryServer::Settings settings = target.settings;
    settings.emplace_back("restore_command", fmt::format("cp \"{}/%f\" \"%p\"", folder.wal().string()));
    settings.emplace_back("recovery_target_action", "promote");
    const std::string program = postgres_program(order.pg_bin, target.base.major, "postgres");
    const std::string& user = target.base.user;
    RecoveryServer server(program, fs::absolute(order.into), settings);
    server.wait_ready(user, target.base.dbname, kRecoveryLimit);
    const std::string dsn = server.dsn(user, target.base.dbname);
    pg::Rows outcome;
    std::string epoch;
    {
        pg::Connection connection(dsn, pg::kMigrationSession);
        epoch = raise(folder, order, target, connection, dsn);
        outcome = connection.query(kOutcome, {}, pg::Format::text);
    }
    server.stop();
    hand_history_to_archiver(order.into);
    print_next_steps(order, outcome, epoch);
}

}  // namespace

int restore(const RestoreOrder& order) {
    const BackupFolder folder(order.folder);
    const Target target = choose_target(folder, order);
    check_use(order);
    check_copy(folder, target, order.pg_bin);
    try {
        std::printf("restoring %s to %s\n", target.base.name.c_str(), target.words.c_str());
        std::fflush(stdout);
        copy_base(folder.base(target.base.name), order.into);
        recover(folder, order, target);
    } catch (...) {
        std::error_code ignored;
        fs::remove_all(order.into, ignored);
        throw;
    }
    return 0;
}

}  // namespace annals::app
