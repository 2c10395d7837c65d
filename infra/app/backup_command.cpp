#include "infra/app/backup_command.hpp"

#include "infra/app/backup_folder.hpp"
#include "infra/postgres/connection.hpp"
#include "infra/postgres/dsn.hpp"
#include "infra/runtime/config_error.hpp"
#include "infra/runtime/program.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fmt/format.h>
#include <thread>

namespace annals::app {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::milliseconds kArchivePause{100};
constexpr int kVersionsPerMajor = 10'000;

constexpr pg::Statement kArchiving{
    "backup_archiving",
    "select pg_catalog.current_setting('archive_mode') <> 'off'"
    "  and (coalesce(pg_catalog.current_setting('archive_library', true), '') <> ''"
    "    or pg_catalog.current_setting('archive_command') not in ('', '(disabled)')),"
    " coalesce(pg_catalog.current_setting('basic_archive.archive_directory', true), '')"
};
constexpr pg::Statement kNow{"backup_now", "select pg_catalog.clock_timestamp()"};
constexpr pg::Statement kCluster{
    "backup_cluster",
    "select current_user::text, current_database()::text, (select log_id::text from log.installation)"
};
constexpr pg::Statement kMark{"backup_mark", "select pg_catalog.pg_create_restore_point($1)::text"};
constexpr pg::Statement kSwitch{
    "backup_switch_wal", "select pg_catalog.pg_walfile_name(pg_catalog.pg_switch_wal())"
};
constexpr pg::Statement kArchiver{
    "backup_archiver",
    "select coalesce(last_failed_wal, ''), coalesce(last_failed_time::text, '') from "
    "pg_catalog.pg_stat_archiver"
};

/// A restore to a moment needs every piece of WAL since the base backup.
void require_archiving(pg::Connection& connection, const BackupFolder& folder) {
    const pg::Rows row = connection.query(kArchiving);
    if (!row.boolean(0, 0)) {
        throw runtime::ConfigError(fmt::format(
            "this PostgreSQL archives no WAL, so nothing later than the copy could be restored; set "
            "archive_mode = on, archive_library = 'basic_archive' and basic_archive.archive_directory = "
            "'{}', and "
            "restart it",
            folder.wal().string()
        ));
    }
    const std::string archive(row.bytes(0, 1));
    if (!archive.empty() && fs::path(archive).lexically_normal() != folder.wal()) {
        throw runtime::ConfigError(fmt::format(
            "PostgreSQL archives into {}, not into {}; back up into the folder that holds the archive",
            archive, folder.wal().string()
        ));
    }
}

/// Ends the piece of WAL in work and waits until the archive has it, and so everything before it.
void wait_for_archive(pg::Connection& connection, const BackupFolder& folder, int wait_s) {
    const std::string wanted(connection.query(kSwitch).bytes(0, 0));
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(wait_s);
    while (!fs::exists(folder.wal() / wanted)) {
        if (std::chrono::steady_clock::now() > until) {
            const pg::Rows row = connection.query(kArchiver);
            throw std::runtime_error(fmt::format(
                "{} did not arrive in {} within {} s (last failure of the archiver: '{}' {}); what was "
                "backed up "
                "cannot be restored without it",
                wanted, folder.wal().string(), wait_s, row.bytes(0, 0), row.bytes(0, 1)
            ));
        }
        std::this_thread::sleep_for(kArchivePause);
    }
}

/// Words and variables of a program that connects: the password is in no command line.
runtime::ProgramOrder connecting(std::string program, const std::string& dsn) {
    runtime::ProgramOrder order{.words = {std::move(program), "--no-password"}};
    const std::string password = pg::dsn_value(dsn, "password");
    if (!password.empty()) order.environment.emplace_back("PGPASSWORD", password);
    order.words.push_back("--dbname=" + pg::dsn_without(dsn, "password"));
    return order;
}

std::string base_name(Instant began) {
    std::string name = began.to_string().substr(0, 19);
    std::erase(name, ':');
    return name + 'Z';
}

BaseBackup copy_cluster(
    pg::Connection& connection, const std::string& dsn, const BackupFolder& folder, const std::string& pg_bin
) {
    const pg::Rows cluster = connection.query(kCluster);
    BaseBackup made{
        .name = base_name(connection.query(kNow).instant(0, 0)),
        .user = std::string(cluster.bytes(0, 0)),
        .dbname = std::string(cluster.bytes(0, 1)),
        .log_id = std::string(cluster.bytes(0, 2)),
        .major = connection.server_version() / kVersionsPerMajor
    };
    const fs::path unfinished = folder.base(made.name + ".unfinished");
    auto order = connecting(postgres_program(pg_bin, made.major, "pg_basebackup"), dsn);
    for (const char* word : {"--checkpoint=fast", "--wal-method=stream", "--manifest-checksums=SHA256"}) {
        order.words.emplace_back(word);
    }
    order.words.push_back("--pgdata=" + unfinished.string());
    if (const int code = runtime::run_program(order); code != 0) {
        fs::remove_all(unfinished);
        throw std::runtime_error(fmt::format("pg_basebackup ended with {}; nothing was backed up", code));
    }
    rename_durably(unfinished, folder.base(made.name));
    made.ended = connection.query(kNow).instant(0, 0);
    return made;
}

}  // namespace

int backup(const runtime::Config& config, const BackupOrder& order) {
    const std::string& dsn = config.text("owner_dsn");
    if (dsn.empty()) {
        throw runtime::ConfigError(
            "no owner connection: set --owner-dsn or ANNALS_OWNER_DSN to a superuser of the cluster"
        );
    }
    if (!order.mark.empty() && !is_mark_name(order.mark)) {
        throw runtime::ConfigError("a mark's name has 1 to 60 letters, digits, - and _");
    }
    const BackupFolder folder(order.folder);
    pg::Connection connection(dsn, pg::kMigrationSession);
    require_archiving(connection, folder);
    folder.create();
    if (!order.mark.empty()) {
        if (folder.mark(order.mark))
            throw runtime::ConfigError("the mark " + order.mark + " is there already");
        const std::string point = "annals " + connection.query(kNow).instant(0, 0).to_string();
        connection.query(kMark, pg::Params{}.text(point));
        const BackupMark mark{.name = order.mark, .point = point, .at = connection.query(kNow).instant(0, 0)};
        wait_for_archive(connection, folder, order.wait_s);
        folder.write(mark);
        std::printf("marked %s at %s\n", mark.name.c_str(), mark.at.to_string().c_str());
        return 0;
    }
    const BaseBackup made = copy_cluster(connection, dsn, folder, order.pg_bin);
    wait_for_archive(connection, folder, order.wait_s);
    folder.write(made);
    std::printf(
        "backed up log %s into %s; every moment from %s on can be restored\n", made.log_id.c_str(),
        folder.base(made.name).c_str(), made.ended.to_string().c_str()
    );
    std::printf("the master key is not in it: keep a copy of that elsewhere\n");
    return 0;
}

}  // namespace annals::app
