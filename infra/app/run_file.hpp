#pragma once

#include <optional>
#include <string>

namespace annals::app {

/// What scripts want to know of a running instance; written to run.json in the home folder once it is ready.
struct RunFile {
    std::string api;     ///< empty when the process has no API
    std::string health;  ///< where /livez, /readyz, /health and /metrics are
    std::string kafka;
    std::string dsn;
    std::optional<std::string> bootstrap_token;  ///< nothing once the installation has its first person
};

/// Replaces the file in one step, mode 0600 because of the token.
void write_run_file(const std::string& path, const RunFile& run);

}  // namespace annals::app
