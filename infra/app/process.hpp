#pragma once

#include "infra/runtime/config.hpp"

#include <memory>
#include <string>

namespace annals::app {

/// What `annals serve` runs: the roles of one process, wired together. Made and stopped by the main thread.
class Process {
public:
    /// Checks keys and database; throws runtime::ConfigError for what an operator has to change, and
    /// pg::PgError when PostgreSQL cannot be reached.
    explicit Process(const runtime::Config& config);
    ~Process();
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;

    /// Starts every role, then listens, and writes run.json once requests can be served.
    void start();
    /// Finishes what runs and ends everything in the order that loses nothing: requests, commands, relay,
    /// projections.
    void stop();

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

/// The connection of a role: the server's DSN with the role's name, unless it names a user itself.
std::string engine_dsn(const runtime::Config& config);
std::string api_dsn(const runtime::Config& config);

}  // namespace annals::app
