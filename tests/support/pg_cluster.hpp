#pragma once

#include "tests/support/served_instance.hpp"

#include <string>
#include <sys/types.h>

namespace annals::test {

/// A PostgreSQL server of this test alone, which it may stop; reached by a socket in its own folder. It uses
/// the programs of the server that ANNALS_TEST_PG names and ends with the test. While the object lives,
/// ANNALS_TEST_PG names this server, so that PgDatabase and ServedInstance are made on it.
class PgCluster {
public:
    PgCluster();
    ~PgCluster();
    PgCluster(const PgCluster&) = delete;
    PgCluster& operator=(const PgCluster&) = delete;

    /// Starts it and waits until it answers.
    void start();
    /// Ends all sessions in order (they hear 57P01) and waits for the end.
    void stop_fast();
    /// As a crash: nobody is told anything.
    void kill9();
    /// Nothing answers, no connection ends.
    void pause() const;
    void resume() const;

    [[nodiscard]] const std::string& dsn() const { return dsn_; }

private:
    void end_with(int signal);
    void signal_all(int signal) const;

    TemporaryFolder folder_;
    std::string programs_;
    std::string outer_dsn_;
    std::string dsn_;
    pid_t postmaster_{-1};
};

}  // namespace annals::test
