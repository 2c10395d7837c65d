#pragma once

#include "infra/postgres/connection.hpp"

#include <cstdint>
#include <memory>
#include <string>

namespace annals::test {

/// A database of its own in the cluster that ANNALS_TEST_PG names, migrated, dropped at the end. A missing
/// variable is a failure with a message, never a skip.
class PgDatabase {
public:
    enum class Contents : std::uint8_t {
        none,     ///< an empty database
        migrated  ///< this binary's schema, with `partitions` empty partitions
    };
    explicit PgDatabase(Contents contents = Contents::migrated, std::uint16_t partitions = 8);
    ~PgDatabase();
    PgDatabase(const PgDatabase&) = delete;
    PgDatabase& operator=(const PgDatabase&) = delete;

    [[nodiscard]] const std::string& name() const { return name_; }
    [[nodiscard]] std::string owner_dsn() const;   ///< the cluster's superuser, for `migrate`
    [[nodiscard]] std::string engine_dsn() const;  ///< annals_engine
    [[nodiscard]] std::string api_dsn() const;     ///< annals_api
    [[nodiscard]] std::string dsn_of(const std::string& role) const;

    /// One value as text from a statement run as superuser; empty when there is none.
    std::string value(const std::string& sql);
    void run(const std::string& sql) { (void)value(sql); }

private:
    std::string name_;
    std::unique_ptr<pg::Connection> superuser_;  ///< made when it is first used
};

/// ANNALS_TEST_PG; throws when it is not set.
std::string test_cluster_dsn();

/// Waits until the statement's one value is "t", for at most ten seconds.
bool becomes_true(PgDatabase& database, const std::string& sql);

}  // namespace annals::test
