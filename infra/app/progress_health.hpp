#pragma once

#include "infra/app/health.hpp"
#include "projections/kernel/projection_lag.hpp"

#include <memory>
#include <string>
#include <vector>

namespace annals::app {

/// How far the projections of this binary are, as the database knows it: the same in every process, whoever
/// projects. Any thread.
class ProgressHealth {
public:
    explicit ProgressHealth(const std::string& engine_dsn);

    /// One check that PostgreSQL answers.
    [[nodiscard]] Check database();
    /// One check for each projection; none while PostgreSQL is away, which database() tells.
    [[nodiscard]] std::vector<Check> checks();
    void update_metrics(runtime::Metrics& metrics);

private:
    std::vector<std::string> names_;
    std::unique_ptr<ProjectionProgressReader> reader_;
};

}  // namespace annals::app
