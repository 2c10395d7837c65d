#pragma once

#include <stdexcept>

namespace annals::runtime {

/// The process cannot run as it is configured. The message is one line that says what is wrong and what to
/// do; main prints it and exits with kConfigExitCode.
class ConfigError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// EX_CONFIG of sysexits.h.
inline constexpr int kConfigExitCode = 78;

}  // namespace annals::runtime
