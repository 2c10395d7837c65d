#pragma once

#include <CLI/CLI.hpp>

namespace annals::app {

/// Declares `annals bench`: workloads against a running instance. `exit_code` is set when it ran.
void add_bench_command(CLI::App& app, int& exit_code);

}  // namespace annals::app
