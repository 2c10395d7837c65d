#include "infra/app/answer_record.hpp"

#include "api/kernel/authentication.hpp"
#include "infra/runtime/log.hpp"

#include <atomic>
#include <map>

namespace annals::app {
namespace {

/// What is counted of one route and status.
struct RouteSeries {
    runtime::Counter requests;
    runtime::Histogram duration;
};

/// Asking for a series takes a lock, so every I/O thread keeps the handles it has used. Route patterns live
/// as long as the server, so their address names them.
const RouteSeries& route_series(runtime::Metrics& metrics, std::string_view route, int status) {
    thread_local std::map<std::pair<const char*, int>, RouteSeries> known;
    const auto found = known.find({route.data(), status});
    if (found != known.end()) return found->second;
    const runtime::MetricLabels labels{{"route", std::string(route)}, {"code", std::to_string(status)}};
    RouteSeries series{
        metrics.counter("annals_http_requests_total", "Requests answered", labels),
        metrics.histogram(
            "annals_http_request_duration_seconds", "From the complete header to the complete answer",
            runtime::kDurationBucketsS, {{"route", std::string(route)}}
        ),
    };
    return known.emplace(std::pair(route.data(), status), series).first->second;
}

/// Refusals come by the thousand when there are any; one line a second tells as much.
constexpr std::int64_t kRefusalLogMs = 1'000;

/// True for the refusal that is logged; `unlogged` is then the number of those before it that were not.
bool worth_a_line(std::uint64_t& unlogged) {
    static std::atomic<std::int64_t> next_ms{0};
    static std::atomic<std::uint64_t> passed_over{0};
    const std::int64_t now = api::steady_ms();
    std::int64_t due = next_ms.load(std::memory_order_relaxed);
    if (now < due || !next_ms.compare_exchange_strong(due, now + kRefusalLogMs)) {
        passed_over.fetch_add(1, std::memory_order_relaxed);
        return false;
    }
    unlogged = passed_over.exchange(0);
    return true;
}

}  // namespace

void record_answer(runtime::Metrics& metrics, const server::Answered& answer) {
    static constexpr std::string_view kNoRoute = "none";
    const bool routed = answer.request != nullptr && !answer.request->route.empty();
    const std::string_view route = routed ? answer.request->route : kNoRoute;
    const RouteSeries& series = route_series(metrics, route, answer.status);
    series.requests.add();
    series.duration.observe(static_cast<double>(answer.duration_us) / 1e6);
    std::uint64_t unlogged = 0;
    if (answer.status == 503 && !worth_a_line(unlogged)) return;
    const auto level = answer.status == 503   ? runtime::Level::warning
                       : answer.status >= 500 ? runtime::Level::error
                       : answer.status >= 400 ? runtime::Level::info
                                              : runtime::Level::debug;
    if (!runtime::log_enabled(level)) return;
    runtime::log(
        level, "HTTP-0a11", "answered",
        {{"request_id", answer.request_id},
         {"route", route},
         {"path", answer.request != nullptr ? std::string_view(answer.request->path) : std::string_view()},
         {"status", answer.status},
         {"duration_us", answer.duration_us},
         {"refusals_unlogged", unlogged},
         {"traceparent",
          answer.request != nullptr ? std::string_view(answer.request->traceparent) : std::string_view()}}
    );
}

}  // namespace annals::app
