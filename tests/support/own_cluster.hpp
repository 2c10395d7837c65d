#pragma once

#include "infra/runtime/program.hpp"
#include "tests/support/served_instance.hpp"

#include <memory>
#include <string>

namespace annals::test {

/// A PostgreSQL cluster of this test alone, which may be stopped, replaced and broken. It dies with the test.
/// As root it runs as the user postgres, because PostgreSQL refuses root.
class OwnCluster {
public:
    OwnCluster();
    ~OwnCluster();
    OwnCluster(const OwnCluster&) = delete;
    OwnCluster& operator=(const OwnCluster&) = delete;

    /// Adds lines to its postgresql.conf, which the next start reads.
    void configure(const std::string& lines) const;
    /// Starts the server on a data directory, the one that was made at first, and waits until it answers.
    void start(const std::string& data = {});
    void stop();

    /// What ANNALS_TEST_PG says of other clusters.
    [[nodiscard]] std::string dsn() const;
    /// A path below the cluster's own folder, which its user may enter.
    [[nodiscard]] std::string file(const std::string& name) const { return folder_.file("pg/" + name); }
    /// The words of a command that the cluster's user runs.
    [[nodiscard]] static Words as_user(const Words& words);
    /// The executable under test, where the cluster's user can reach it.
    [[nodiscard]] std::string annals() const { return folder_.file("annals"); }

private:
    [[nodiscard]] bool answers() const;

    TemporaryFolder folder_;
    std::unique_ptr<runtime::Program> server_;
};

/// Lets everything that asks for ANNALS_TEST_PG use another cluster for as long as it lives.
class UseCluster {
public:
    explicit UseCluster(const OwnCluster& cluster);
    ~UseCluster();
    UseCluster(const UseCluster&) = delete;
    UseCluster& operator=(const UseCluster&) = delete;

private:
    std::string before_;
};

}  // namespace annals::test
