#pragma once

#include "infra/runtime/config.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace annals::app {

/// What the subcommands do. Each answers the exit code: 0 fine, 1 something is wrong with the data, 2 wrong
/// use. Wrong configuration and unreachable servers are exceptions, which main turns into 78 and 1.

int serve(const runtime::Config& config);

int migrate(const runtime::Config& config, bool dry_run);

/// Prints each event of a stream and the state after it. `stream` is "task-<uuid>" or the uuid alone.
int replay(const runtime::Config& config, const std::string& stream, std::optional<std::uint64_t> until);

/// What of an instance is verified; at most one of the two is left out.
struct VerifyScope {
    bool log{true};
    bool read_models{true};
};

/// Checks every invariant of the log and every read model against a fold of the log. `json` prints one JSON
/// object instead of lines; progress goes to standard error when it is a terminal.
int verify(const runtime::Config& config, bool json, VerifyScope scope);

/// Compares the topic with the log, one line for each partition. The exit code is 0 when all are equal, or,
/// with `allow_behind`, not further than the log.
int kafka_check(const runtime::Config& config, bool allow_behind, bool json);

/// Raises the epoch of the log, after a restore, to the one after both the log's and `above`.
int raise_epoch(const runtime::Config& config, const std::string& reason, std::uint32_t above, bool json);

int print_config(const runtime::Config& config, bool json);
int print_openapi();
int print_asyncapi();

}  // namespace annals::app
