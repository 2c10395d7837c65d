#pragma once

#include "infra/runtime/program.hpp"

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace annals::app {

/// A PostgreSQL server on a data directory, for as long as this object lives: reachable by nobody but this
/// user, through a socket in a folder that only this user may enter.
class RecoveryServer {
public:
    using Settings = std::vector<std::pair<std::string, std::string>>;

    /// Starts the server `program`. It archives nothing, whatever the directory's own settings say.
    RecoveryServer(const std::string& program, const std::filesystem::path& data, const Settings& settings);
    ~RecoveryServer();
    RecoveryServer(const RecoveryServer&) = delete;
    RecoveryServer& operator=(const RecoveryServer&) = delete;

    /// Waits until recovery is over and the server answers. Throws std::runtime_error with the end of its log
    /// when it gives up instead, or is not there in time.
    void wait_ready(const std::string& user, const std::string& dbname, std::chrono::seconds limit);
    [[nodiscard]] std::string dsn(const std::string& user, const std::string& dbname) const;
    /// An orderly stop, so that the directory needs no recovery at its next start.
    void stop();

private:
    [[nodiscard]] std::string log_end() const;

    std::filesystem::path folder_;  ///< of the socket and the log, gone at the end
    std::unique_ptr<runtime::Program> server_;
};

}  // namespace annals::app
