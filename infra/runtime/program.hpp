#pragma once

#include "infra/runtime/config.hpp"

#include <csignal>
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

namespace annals::runtime {

struct ProgramOrder {
    std::vector<std::string> words;  ///< the program, a path or found by PATH, and its arguments
    NamedValues environment{};       ///< added to ours
    std::string output{};            ///< file both outputs are appended to; empty: ours
    int death_signal{SIGTERM};       ///< what it gets when this process dies
};

/// Another program as a child process, started without a shell: no word is ever interpreted. Used by one
/// thread, which must live as long as the program.
class Program {
public:
    /// Throws std::system_error when no process can be made; a program that is not there exits with 127.
    explicit Program(const ProgramOrder& order);
    /// Kills what still runs.
    ~Program();
    Program(const Program&) = delete;
    Program& operator=(const Program&) = delete;

    /// The exit code once it has ended, 128 + n when signal n ended it.
    std::optional<int> ended();
    int wait();
    void signal(int number) const;
    [[nodiscard]] pid_t pid() const { return pid_; }

private:
    pid_t pid_{-1};
    std::optional<int> end_;
};

/// Runs a program to its end.
int run_program(const ProgramOrder& order);

}  // namespace annals::runtime
