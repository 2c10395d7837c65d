#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace annals::pg {

class Connection;

/// One file of migrations/, as it was when this binary was built.
struct Migration {
    int number;
    std::string_view name;    ///< "0001_log_event_store"
    std::string_view sha256;  ///< of the file, 64 hexadecimal digits
    std::string_view sql;
    /// Binaries that do not know this migration can still serve the database when they know that one: it only
    /// added what they never touch. 0: they cannot. Said in the file: "-- Works with binaries that know
    /// 0401."
    int compatible_since{0};
};

/// Ascending by number.
std::span<const Migration> embedded_migrations();

/// The database cannot be migrated as it is. The text is one line that says what to do.
class MigrateError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

struct MigrateOptions {
    std::string owner_dsn;  ///< annals_owner, or a role that may become it; a superuser makes what is missing
    std::optional<std::uint16_t> partitions{
    };  ///< of a new log, 8 when not given; of an existing one only checked
    bool dry_run{false};  ///< tells what would be done and changes nothing
    std::span<const Migration> migrations{embedded_migrations()};
    std::function<void(const std::string& line)> progress{};
};

struct MigrateReport {
    bool database_created{false};
    std::vector<std::string>
        applied;    ///< names of the migrations that were, or of a dry run would be, applied
    int schema{0};  ///< the highest number applied before this call and by it
};

/// Brings the database to this binary's schema: makes the database and the roles when they are missing and
/// the DSN may, applies each missing migration in a transaction of its own, forward only, and makes the
/// partitions of a new log. Callers at the same time wait for each other. Throws MigrateError (a changed or
/// unknown migration in the history, missing rights, a failing migration, another number of partitions) or
/// PgError when the server cannot be reached.
MigrateReport migrate(const MigrateOptions& options);

/// A migration as annals.annals_migration remembers it.
struct AppliedMigration {
    int number;
    std::string name;
    std::string sha256;
    int compatible_since{0};  ///< as Migration says it
};

/// The history of a database in the order of its numbers. Throws PgError when there is none that this role
/// may read.
std::vector<AppliedMigration> applied_migrations(Connection& connection);

/// Compares a history with the migrations known here. Answers what is still to be applied; throws
/// MigrateError when the history was changed, or was made by a newer binary beside which this one cannot
/// work.
std::vector<const Migration*> pending_migrations(
    std::span<const AppliedMigration> history, std::span<const Migration> known
);

/// The migrations of a history that this binary does not know but can work with, as pending_migrations lets
/// them pass.
std::vector<std::string> newer_migrations(
    std::span<const AppliedMigration> history, std::span<const Migration> known
);

}  // namespace annals::pg
