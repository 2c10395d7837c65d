#pragma once

#include "infra/runtime/program.hpp"
#include "tests/support/served_instance.hpp"

#include <memory>
#include <string>

namespace annals::test {

/// A PostgreSQL cluster of this test alone, which may be stopped, replaced and broken. Its server uses the
/// programs of the one that ANNALS_TEST_PG names, is reached by a socket in the cluster's own folder and dies
/// with the test; as root it runs as the user postgres, because PostgreSQL refuses root. While the object
/// lives, ANNALS_TEST_PG names this cluster, so that PgDatabase and ServedInstance are made on it.
class PgCluster {
public:
    /// Makes the cluster; the server is not started.
    PgCluster();
    ~PgCluster();
    PgCluster(const PgCluster&) = delete;
    PgCluster& operator=(const PgCluster&) = delete;

    /// Adds lines to its postgresql.conf, which the next start reads.
    void configure(const std::string& lines) const;
    /// Starts the server on a data directory, the one that was made at first, and waits until it answers.
    void start(const std::string& data = {});
    /// Ends all sessions in order (they hear 57P01) and waits for the end.
    void stop();
    /// As a crash: nobody is told anything.
    void kill9();
    /// Nothing answers, no connection ends.
    void pause() const;
    void resume() const;

    /// A path below the cluster's own folder, which its user may enter.
    [[nodiscard]] std::string file(const std::string& name) const { return folder_.file("pg/" + name); }
    /// The words of a command that the cluster's user runs.
    [[nodiscard]] static Words as_user(const Words& words);

private:
    [[nodiscard]] bool answers() const;
    void end_with(int signal);
    void signal_all(int signal) const;

    TemporaryFolder folder_;
    std::string outer_dsn_;
    std::string programs_;
    std::string dsn_;
    std::unique_ptr<runtime::Program> server_;
};

}  // namespace annals::test
