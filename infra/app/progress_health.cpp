#include "infra/app/progress_health.hpp"

#include "infra/postgres/projection_progress.hpp"
#include "projections/catalogue.hpp"
#include "projections/kernel/projection_store.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace annals::app {
namespace {

double seconds(std::int64_t micros) {
    return static_cast<double>(micros) / 1e6;
}

const ParkedSummary* parked_of(const ProjectionProgress& progress, const std::string& projection) {
    const auto found = std::ranges::find(progress.parked, projection, &ParkedSummary::projection);
    return found == progress.parked.end() ? nullptr : &*found;
}

/// The partitions of one projection, which stand together.
std::span<const ProjectionLag> lags_of(const ProjectionProgress& progress, const std::string& projection) {
    const auto range = std::ranges::equal_range(progress.lags, projection, {}, &ProjectionLag::projection);
    return {range.begin(), range.end()};
}

std::string describe(std::span<const ProjectionLag> lags, const ParkedSummary* parked) {
    std::uint64_t events = 0;
    for (const ProjectionLag& lag : lags) events += lag.head - std::min(lag.head, lag.position);
    const ProjectionLag* slowest = worst(lags);
    std::string text(to_string(slowest == nullptr ? LagState::idle : slowest->state));
    if (events > 0) {
        text += fmt::format(
            ", {} events behind; partition {} by {:.1f} s", events, slowest->partition,
            seconds(slowest->lag_us)
        );
        if (slowest->state == LagState::stuck) {
            text += fmt::format(
                ", at position {} since {:.0f} s, {}", slowest->position, seconds(slowest->since_move_us),
                slowest->owner.empty() ? "projected by nobody" : "projected by " + slowest->owner
            );
        }
    }
    if (parked != nullptr) {
        text += fmt::format(
            "; {} parked events of {} streams, the oldest for {:.0f} s", parked->events, parked->streams,
            seconds(parked->oldest_us)
        );
    }
    return text;
}

}  // namespace

ProgressHealth::ProgressHealth(const std::string& engine_dsn)
    : reader_(pg::make_projection_progress_reader(engine_dsn)) {
    for (const ProjectionType* type : projection_catalogue()) names_.push_back(type->checkpoint_name());
    std::ranges::sort(names_);
}

Check ProgressHealth::database() {
    try {
        (void)reader_->read({});
        return {"database", Health::ok, "PostgreSQL answers"};
    } catch (const ProjectionStoreUnavailable& away) {
        return {"database", Health::failing, away.what()};
    }
}

std::vector<Check> ProgressHealth::checks() {
    std::vector<Check> checks;
    try {
        const ProjectionProgress progress = reader_->read(names_);
        for (const std::string& name : names_) {
            const auto lags = lags_of(progress, name);
            const ParkedSummary* parked = parked_of(progress, name);
            const ProjectionLag* slowest = worst(lags);
            const bool stuck = slowest != nullptr && slowest->state == LagState::stuck;
            const Health health = stuck || parked != nullptr ? Health::degraded : Health::ok;
            checks.push_back({"projection " + name, health, describe(lags, parked)});
        }
    } catch (const ProjectionStoreUnavailable&) {
        checks.clear();
    }
    return checks;
}

void ProgressHealth::update_metrics(runtime::Metrics& metrics) {
    const auto set = [&](std::string_view name, std::string_view help, const runtime::MetricLabels& labels,
                         double value) {
        metrics.gauge(std::string(name), std::string(help), labels).set(value);
    };
    ProjectionProgress progress;
    try {
        progress = reader_->read(names_);
        set("annals_database_up", "Whether PostgreSQL answered; else the projections' figures are old", {},
            1);
    } catch (const ProjectionStoreUnavailable&) {
        set("annals_database_up", "Whether PostgreSQL answered; else the projections' figures are old", {},
            0);
        return;
    }
    for (const ProjectionLag& lag : progress.lags) {
        const runtime::MetricLabels labels{
            {"projection", lag.projection}, {"partition", std::to_string(lag.partition)}
        };
        set("annals_projection_lag_seconds", "Age of the oldest event not applied", labels,
            seconds(lag.lag_us));
        set("annals_projection_behind_events", "Events not applied", labels,
            static_cast<double>(lag.head - std::min(lag.head, lag.position)));
        set("annals_projection_position", "Position applied", labels, static_cast<double>(lag.position));
        set("annals_projection_stuck", "1 when it is behind and has not moved for ten seconds", labels,
            lag.state == LagState::stuck ? 1 : 0);
    }
    for (const std::string& name : names_) {
        const ParkedSummary* parked = parked_of(progress, name);
        const runtime::MetricLabels labels{{"projection", name}};
        set("annals_projection_parked_events", "Events that could not be applied", labels,
            parked == nullptr ? 0 : static_cast<double>(parked->events));
        set("annals_projection_parked_streams", "Streams with parked events", labels,
            parked == nullptr ? 0 : static_cast<double>(parked->streams));
        set("annals_projection_parked_oldest_seconds", "Since the oldest parked event was parked", labels,
            parked == nullptr ? 0 : seconds(parked->oldest_us));
    }
}

}  // namespace annals::app
