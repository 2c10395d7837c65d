#include "tests/support/pg_fixture.hpp"

#include "infra/postgres/dsn.hpp"
#include "infra/postgres/migrate.hpp"

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <fmt/format.h>
#include <stdexcept>
#include <thread>
#include <unistd.h>

namespace annals::test {

std::string test_cluster_dsn() {
    const char* dsn = std::getenv("ANNALS_TEST_PG");
    if (dsn == nullptr || *dsn == '\0') {
        throw std::runtime_error("ANNALS_TEST_PG is not set: run the tests with ./dev test");
    }
    return dsn;
}

namespace {

std::string new_name() {
    static std::atomic<int> count{0};
    return fmt::format("annals_test_{}_{}", ::getpid(), ++count);
}

pg::Connection cluster() {
    return pg::Connection(test_cluster_dsn(), pg::kMigrationSession);
}

}  // namespace

PgDatabase::PgDatabase(Contents contents, std::uint16_t partitions) : name_(new_name()) {
    cluster().execute(fmt::format("create database {} template template0", name_));
    if (contents == Contents::none) return;
    try {
        pg::migrate({.owner_dsn = owner_dsn(), .partitions = partitions});
    } catch (...) {
        cluster().execute(fmt::format("drop database {} with (force)", name_));
        throw;
    }
}

PgDatabase::~PgDatabase() {
    try {
        superuser_.reset();
        cluster().execute(fmt::format("drop database {} with (force)", name_));
    } catch (const std::exception& error) {
        fmt::print(stderr, "cannot drop {}: {}\n", name_, error.what());
    }
}

std::string PgDatabase::owner_dsn() const {
    return pg::dsn_with(test_cluster_dsn(), "dbname", name_);
}
std::string PgDatabase::dsn_of(const std::string& role) const {
    return pg::dsn_with(owner_dsn(), "user", role);
}
std::string PgDatabase::engine_dsn() const {
    return dsn_of("annals_engine");
}
std::string PgDatabase::api_dsn() const {
    return dsn_of("annals_api");
}

std::string PgDatabase::value(const std::string& sql) {
    if (!superuser_ || !superuser_->usable()) {
        superuser_ = std::make_unique<pg::Connection>(owner_dsn(), pg::kMigrationSession);
    }
    const pg::Rows rows = superuser_->execute(sql);
    if (rows.empty() || rows.columns() == 0) return {};
    return std::string(rows.at(0, 0).value_or(std::string_view{}));
}

bool becomes_true(PgDatabase& database, const std::string& sql) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (database.value(sql) != "t") {
        if (std::chrono::steady_clock::now() > until) return false;
        std::this_thread::yield();
    }
    return true;
}

}  // namespace annals::test
