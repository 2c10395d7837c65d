#pragma once

#include "domain/kernel/time.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace annals::app {

/// One finished base backup: base/<name>, described by base/<name>.json, which is written last.
struct BaseBackup {
    std::string name;  ///< when it began: 2026-03-01T110000Z
    Instant ended{};   ///< by the database's clock; earlier moments cannot be restored from it
    std::string user;  ///< a superuser of the cluster
    std::string dbname;
    std::string log_id;
    int major{0};  ///< of the PostgreSQL server
};

/// A moment with a name: marks/<name>.json.
struct BackupMark {
    std::string name;
    /// PostgreSQL's name of it. Another one at each try, because a restore stops at the first of a name, and
    /// a mark that did not reach the archive in time is set again.
    std::string point;
    Instant at{};
};

/// The folder of `annals backup`: base/ holds base backups, wal/ what PostgreSQL archives, marks/ named
/// moments, and the file `epoch` the highest epoch a restore from here was given.
class BackupFolder {
public:
    /// Throws runtime::ConfigError for a path that could not stand in PostgreSQL's restore_command.
    explicit BackupFolder(const std::string& path);

    /// Makes what is missing.
    void create() const;

    [[nodiscard]] std::filesystem::path base(std::string_view name) const { return path_ / "base" / name; }
    [[nodiscard]] std::filesystem::path wal() const { return path_ / "wal"; }
    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

    void write(const BaseBackup& backup) const;
    void write(const BackupMark& mark) const;
    /// The finished ones, oldest first.
    [[nodiscard]] std::vector<BaseBackup> bases() const;
    [[nodiscard]] std::optional<BackupMark> mark(const std::string& name) const;

    [[nodiscard]] std::uint32_t epoch() const;
    void write_epoch(std::uint32_t epoch) const;

private:
    std::filesystem::path path_;
};

/// The new name is on the disk when it answers. Throws std::runtime_error.
void rename_durably(const std::filesystem::path& from, const std::filesystem::path& to);

/// Letters, digits, dash and underscore, 1 to 60 of them.
bool is_mark_name(std::string_view name);

/// A program of PostgreSQL: from `folder` when it is given, from Debian's place of that major version, or by
/// PATH.
std::string postgres_program(const std::string& folder, int major, const std::string& name);

}  // namespace annals::app
