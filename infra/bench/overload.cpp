#include "infra/bench/overload.hpp"

#include "infra/bench/bench_targets.hpp"
#include "infra/bench/open_loop.hpp"

#include <charconv>
#include <cmath>
#include <fmt/format.h>
#include <fstream>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>

namespace annals::bench {
namespace {

constexpr std::chrono::seconds kCapacityTime{5};
constexpr std::size_t kCapacityConnections = 64;
constexpr std::chrono::seconds kQuietTime{20};
constexpr std::chrono::seconds kCatchUpMax{60};
constexpr std::chrono::milliseconds kCatchUpPoll{250};
constexpr double kQuietShare = 0.1;
constexpr std::size_t kQuietConnections = 16;
constexpr double kRefusalMsMax = 1000;
constexpr std::chrono::milliseconds kMetricsWait{5'000};

Endpoint endpoint_of(const std::string& api) {
    const auto endpoint = Endpoint::parse(api);
    if (!endpoint) throw std::runtime_error("--api: http://HOST:PORT is expected, not \"" + api + "\"");
    return *endpoint;
}

/// A metric of the server, summed over its labels; nothing when it was too busy to say.
std::optional<double> metric(const Endpoint& api, std::string_view name) {
    HttpClient client(api, kMetricsWait);
    const auto answer = client.exchange(write_request(api, "GET", "/metrics", {}, ""));
    if (!answer || answer->status != 200) return std::nullopt;
    std::optional<double> sum;
    std::istringstream lines(answer->body);
    for (std::string line; std::getline(lines, line);) {
        const std::size_t end = line.find_first_of("{ ");
        if (std::string_view(line).substr(0, end) != name) continue;
        double value = 0;
        const char* begin = line.data() + line.rfind(' ') + 1;
        std::from_chars(begin, line.data() + line.size(), value);
        sum = sum.value_or(0) + value;
    }
    return sum;
}

double resident_mib(const Endpoint& api) {
    return metric(api, "process_resident_memory_bytes").value_or(0) / 1024 / 1024;
}

/// What was accepted at the capacity is still being projected afterwards, which is no quiet.
void wait_for_quiet(const Endpoint& api) {
    const auto give_up_at = std::chrono::steady_clock::now() + kCatchUpMax;
    while (metric(api, "annals_projection_behind_events") != 0) {
        if (std::chrono::steady_clock::now() > give_up_at)
            throw std::runtime_error("projections do not catch up after the capacity was measured");
        std::this_thread::sleep_for(kCatchUpPoll);
    }
}

struct Figures {
    double capacity{0};
    OpenLoopResult quiet;
    OpenLoopResult overload;
    double mib_start{0}, mib_middle{0}, mib_end{0};
};

Figures measure(const OverloadOptions& options) {
    const Endpoint api = endpoint_of(options.api);
    const std::vector<Target> targets = read_targets(options.targets_file);
    OpenLoopOptions load;
    load.api = api;
    load.request = [&](std::uint64_t number) {
        return create_task_request(api, targets[number % targets.size()], number);
    };
    Figures figures;
    load.connections = kCapacityConnections;
    load.duration = kCapacityTime;
    const OpenLoopResult full = run_open_loop(load);
    figures.capacity = static_cast<double>(full.accepted_ms.size()) / full.took_s;
    wait_for_quiet(api);
    load.rate = std::max(1.0, figures.capacity * kQuietShare);
    load.connections = kQuietConnections;
    load.duration = kQuietTime;
    figures.quiet = run_open_loop(load);
    load.rate = figures.capacity * options.factor;
    load.connections = options.connections;
    load.duration = std::chrono::seconds(options.seconds);
    figures.mib_start = resident_mib(api);
    std::jthread watch([&](const std::stop_token&) {
        std::this_thread::sleep_for(load.duration / 2);
        figures.mib_middle = resident_mib(api);
    });
    figures.overload = run_open_loop(load);
    watch.join();
    figures.mib_end = resident_mib(api);
    return figures;
}

void write_result(const std::string& json, const std::string& file_name) {
    fmt::print("{}\n", json);
    if (file_name.empty()) return;
    std::ofstream file(file_name, std::ios::trunc);
    file << json << "\n";
    file.close();
    if (!file) throw std::runtime_error("cannot write " + file_name);
}

std::string describe(Figures& figures) {
    OpenLoopResult& over = figures.overload;
    OpenLoopResult& quiet = figures.quiet;
    const double quiet_p99 = value_at_share(quiet.accepted_ms, 0.99);
    const double over_p99 = value_at_share(over.accepted_ms, 0.99);
    const auto per_s = [&over](std::size_t count) { return static_cast<double>(count) / over.took_s; };
    const std::size_t sent =
        over.accepted_ms.size() + over.refused_ms.size() + over.bare_refusals + over.other;
    return fmt::format(
        R"({{"workload":"overload","capacity_per_s":{:.0f},"offered_per_s":{:.0f},"sent_per_s":{:.0f},)"
        R"("seconds":{:.0f},"accepted_per_s":{:.0f},"refused_per_s":{:.0f},"late":{},"other":{},"lost":{},)"
        R"("bare_refusals":{},"refused_p50_ms":{:.1f},"refused_p99_ms":{:.1f},"refused_max_ms":{:.1f},)"
        R"("quiet_p50_ms":{:.2f},"quiet_p99_ms":{:.2f},"accepted_p50_ms":{:.2f},"accepted_p99_ms":{:.2f},)"
        R"("accepted_max_ms":{:.1f},"p99_ratio":{:.2f},"mib_start":{:.0f},"mib_middle":{:.0f},)"
        R"("mib_end":{:.0f}}})",
        figures.capacity, per_s(sent + over.late), per_s(sent), over.took_s, per_s(over.accepted_ms.size()),
        per_s(over.refused_ms.size()), over.late, over.other, over.lost, over.bare_refusals,
        value_at_share(over.refused_ms, 0.5), value_at_share(over.refused_ms, 0.99),
        value_at_share(over.refused_ms, 1), value_at_share(quiet.accepted_ms, 0.5), quiet_p99,
        value_at_share(over.accepted_ms, 0.5), over_p99, value_at_share(over.accepted_ms, 1),
        quiet_p99 > 0 ? over_p99 / quiet_p99 : 0, figures.mib_start, figures.mib_middle, figures.mib_end
    );
}

}  // namespace

int run_overload(const OverloadOptions& options) {
    try {
        Figures figures = measure(options);
        write_result(describe(figures), options.json_file);
        OpenLoopResult& over = figures.overload;
        if (!over.odd_answer.empty())
            fmt::print(stderr, "an answer that was not expected: {}\n", over.odd_answer);
        const bool well = over.other == 0 && over.lost == 0 && over.bare_refusals == 0 &&
                          value_at_share(over.refused_ms, 1) <= kRefusalMsMax;
        return well ? 0 : 1;
    } catch (const std::exception& error) {
        fmt::print(stderr, "annals bench: {}\n", error.what());
        return 1;
    }
}

}  // namespace annals::bench
