#include "infra/app/command_metrics.hpp"

#include <string>
#include <string_view>
#include <utility>

namespace annals::app {
namespace {

/// What was refused before it was begun, and how long what was taken waits; limits: docs/guides/operate.md.
void update_overload_metrics(
    const CommandStats& stats, const runtime::WorkerPool& workers, runtime::Metrics& into
) {
    const runtime::WorkerPool::Stats jobs = workers.stats();
    const std::pair<std::string_view, std::uint64_t> refused[] = {
        {"queue_full", stats.refused_full}, {"realm_share", stats.refused_realm},
        {"queue_slow", stats.refused_slow}, {"writer_stalled", stats.refused_stalled},
        {"workers_full", jobs.refused},     {"workers_stalled", jobs.given_up},
    };
    for (const auto& [reason, count] : refused) {
        into.gauge(
                "annals_refused", "Commands and queries refused with OVERLOADED since start",
                {{"reason", std::string(reason)}}
        ).set(static_cast<double>(count));
    }
    into.gauge("annals_commands_isolated", "Commands that the database refused for good")
        .set(static_cast<double>(stats.isolated));
    into.gauge("annals_command_queue_age_seconds", "How long the oldest queued command has waited")
        .set(static_cast<double>(stats.queue_age_ms) / 1e3);
    into.gauge("annals_worker_queue_age_seconds", "How long the oldest queued query has waited")
        .set(static_cast<double>(workers.age().count()) / 1e3);
    into.gauge("annals_workers_queued", "Queries waiting for a worker")
        .set(static_cast<double>(workers.queued()));
}

}  // namespace

void update_command_metrics(
    const CommandStats& stats, const runtime::WorkerPool& workers, runtime::Metrics& into
) {
    into.gauge("annals_commands_accepted", "Commands accepted since start")
        .set(static_cast<double>(stats.accepted));
    into.gauge("annals_commands_rejected", "Commands rejected since start")
        .set(static_cast<double>(stats.rejected));
    into.gauge("annals_commands_repeated", "Commands answered from the log")
        .set(static_cast<double>(stats.repeated));
    into.gauge("annals_commands_queued", "Commands waiting for a writer")
        .set(static_cast<double>(stats.queued));
    into.gauge("annals_append_batches", "Appends since start").set(static_cast<double>(stats.batches));
    into.gauge("annals_events_appended", "Events appended since start")
        .set(static_cast<double>(stats.events));
    into.gauge("annals_append_conflicts", "Appends decided again because another process appended")
        .set(static_cast<double>(stats.heads_moved));
    into.gauge("annals_append_in_doubt", "Appends whose outcome had to be looked up")
        .set(static_cast<double>(stats.in_doubt));
    update_overload_metrics(stats, workers, into);
}

}  // namespace annals::app
