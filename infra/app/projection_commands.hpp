#pragma once

#include "infra/runtime/config.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace annals::app {

/// `annals projections …`. A projection is named as in "projects.task", with or without its version. Each
/// answers the exit code: 0 fine, 1 it could not be done or something differs, 2 wrong use.

int projections_status(const runtime::Config& config, bool json);
int projections_parked(const runtime::Config& config, bool json);
/// `stream` is a uuid; empty for all streams.
int projections_retry(
    const runtime::Config& config, const std::string& name, const std::string& stream, bool json
);
/// Writes the decision to the log, then drops the event and applies what waits behind it. Run again after a
/// crash it does what is left to do.
int projections_skip(
    const runtime::Config& config, const std::string& name, const std::string& position,
    const std::string& reason, bool json
);

struct RebuildOrder {
    std::string name;
    std::size_t workers{2};
    bool switches{true};
    bool accepts_differences{false};
    bool json{false};
};
int projections_rebuild(const runtime::Config& config, const RebuildOrder& order);
/// `projections_rebuild` without building.
int projections_switch(const runtime::Config& config, const RebuildOrder& order);
int projections_switch_back(const runtime::Config& config, const RebuildOrder& order);
int projections_drop(const runtime::Config& config, const RebuildOrder& order);

}  // namespace annals::app
