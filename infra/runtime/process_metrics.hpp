#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace annals::runtime {

/// What the kernel says about this process.
struct ProcessUsage {
    std::uint64_t resident_bytes{0};
    double cpu_s{0};
    std::uint64_t threads{0};
    std::uint64_t open_fds{0};
    double started_at_s{0};  ///< seconds since 1970
};

/// Nothing where /proc cannot be read.
std::optional<ProcessUsage> read_process_usage();

/// The process_* metrics in Prometheus' text format; empty where /proc cannot be read.
std::string render_process_metrics();

}  // namespace annals::runtime
