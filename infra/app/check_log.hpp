#pragma once

#include "infra/app/verify_log.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

namespace annals::app {

struct LogCheckOptions {
    std::size_t threads{2};            ///< each with a session of its own; at least 1
    std::uint64_t range_events{8192};  ///< positions that a thread takes at a time; at least 1
    /// Called after each range, by one thread at a time: events checked, and how many the log has.
    std::function<void(std::uint64_t done, std::uint64_t of)> progress{};
};

/// Checks every invariant of the log in one snapshot. Threads read and check pieces of it for themselves;
/// what belongs together is then checked in the log's order, so the result does not depend on them. Throws
/// pg::PgError.
LogVerifier check_log(const std::string& dsn, const LogCheckOptions& options);

}  // namespace annals::app
