#pragma once

#include "tests/support/served_instance.hpp"

#include <chrono>
#include <string>
#include <sys/types.h>

namespace annals::test {

/// Starts a program that dies with this process; `out` and `err` are files it appends to.
pid_t spawn(
    const Words& words, const Variables& environment, const std::string& directory, const std::string& out,
    const std::string& err
);

/// 128 + n when signal n ended it.
int exit_code_of(int status);

/// The end of a child, which is killed when it does not come in time.
int wait_for(pid_t pid, std::chrono::seconds limit);

}  // namespace annals::test
