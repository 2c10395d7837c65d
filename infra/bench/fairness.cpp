#include "infra/bench/answers.hpp"
#include "infra/bench/bench_targets.hpp"
#include "infra/bench/open_loop.hpp"
#include "infra/bench/overload.hpp"

#include <atomic>
#include <fmt/format.h>
#include <fstream>
#include <stdexcept>
#include <thread>

namespace annals::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kReplyWait{10'000};
constexpr std::uint32_t kRounds = 4;  ///< of each kind, by turns
/// After a round, so that the backlog of one does not count in the next.
constexpr std::chrono::seconds kSettleMax{60};
constexpr std::chrono::milliseconds kWarmUp{500};

double ms_since(Clock::time_point from) {
    return std::chrono::duration<double, std::milli>(Clock::now() - from).count();
}

struct Times {
    std::vector<double> answered_ms{};
    std::vector<double> visible_ms{};  ///< from the acknowledgement to the answer of the query
    std::uint64_t failed{0};
};

/// The realm that is measured: one client that sends at its times and waits for what it sent.
class Measured {
public:
    Measured(Endpoint api, const std::string& targets_file, double rate)
        : api_(std::move(api)),
          targets_(read_targets(targets_file)),
          gap_(std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(1 / rate))),
          client_(api_, kReplyWait) {}

    void run(std::chrono::duration<double> duration, Times& times) {
        const auto end = Clock::now() + std::chrono::duration_cast<Clock::duration>(duration);
        for (auto due = Clock::now(); due < end; due = std::max(due + gap_, Clock::now())) {
            std::this_thread::sleep_until(due);
            once(times);
        }
    }

private:
    void once(Times& times) {
        const Target& target = targets_[number_ % targets_.size()];
        const auto sent = Clock::now();
        const auto answer = client_.exchange(create_task_request(api_, target, number_++));
        const auto command =
            answer && answer->status == 201 ? read_command_answer(answer->body) : std::nullopt;
        if (!command) {
            ++times.failed;
            return;
        }
        times.answered_ms.push_back(ms_since(sent));
        const auto answered = Clock::now();
        const std::string query = write_request(
            api_, "GET",
            fmt::format(
                "/api/v1/tasks/{}?min_position={}", command->id.to_string(), command->position.to_string()
            ),
            {"Authorization: Bearer " + target.token}, ""
        );
        while (ms_since(answered) < static_cast<double>(kReplyWait.count())) {
            const auto seen = client_.exchange(query);
            if (seen && seen->status == 503) continue;  // two seconds were not enough
            if (!seen || seen->status != 200) break;
            times.visible_ms.push_back(ms_since(answered));
            return;
        }
        ++times.failed;
    }

    Endpoint api_;
    std::vector<Target> targets_;
    Clock::duration gap_;
    HttpClient client_;
    std::uint64_t number_{0};
};

struct Figures {
    Times quiet;
    Times busy;
    std::uint64_t imported{0};
    std::uint64_t import_refused{0};
    double import_s{0};
};

/// Until what was imported is visible.
void settle(Measured& measured) {
    const auto give_up = Clock::now() + kSettleMax;
    Times times;
    do {
        times = {};
        measured.run(std::chrono::milliseconds(1), times);
    } while (Clock::now() < give_up && (times.visible_ms.empty() || times.visible_ms.front() > 100));
    measured.run(kWarmUp, times);
}

Figures measure(const OverloadOptions& options) {
    const auto api = Endpoint::parse(options.api);
    if (!api) throw std::runtime_error("--api: http://HOST:PORT is expected, not \"" + options.api + "\"");
    Measured measured(*api, options.targets_file, options.rate);
    const std::vector<Target> rivals = read_targets(options.rivals_file);
    const std::chrono::duration<double> round(static_cast<double>(options.seconds) / (2 * kRounds));
    Figures figures;
    for (std::uint32_t i = 0; i < kRounds; ++i) {
        settle(measured);
        measured.run(round, figures.quiet);
        std::atomic<bool> ended{false};
        OpenLoopOptions load;
        load.api = *api;
        load.connections = options.connections;
        load.duration = std::chrono::hours(1);
        load.stopped = [&ended] { return ended.load(); };
        load.request = [&](std::uint64_t number) {
            return create_task_request(*api, rivals[number % rivals.size()], number);
        };
        OpenLoopResult import;
        std::jthread importer([&] { import = run_open_loop(load); });
        Times warm_up;
        measured.run(kWarmUp, warm_up);
        measured.run(round, figures.busy);
        ended = true;
        importer.join();
        figures.imported += import.accepted_ms.size();
        figures.import_refused += import.refused_ms.size();
        figures.import_s += import.took_s;
        if (import.other + import.lost > 0)
            throw std::runtime_error("the import failed: " + import.odd_answer);
    }
    return figures;
}

std::string describe(Figures& figures) {
    const auto ratio = [](std::vector<double>& busy, std::vector<double>& quiet, double share) {
        const double base = value_at_share(quiet, share);
        return base > 0 ? value_at_share(busy, share) / base : 0;
    };
    Times& quiet = figures.quiet;
    Times& busy = figures.busy;
    return fmt::format(
        R"({{"workload":"fairness","imported":{},"import_per_s":{:.0f},"import_refused":{},"samples":{},)"
        R"("failed":{},"quiet_answered_p50_ms":{:.2f},"quiet_answered_p99_ms":{:.2f},)"
        R"("busy_answered_p50_ms":{:.2f},"busy_answered_p99_ms":{:.2f},"quiet_visible_p50_ms":{:.2f},)"
        R"("quiet_visible_p99_ms":{:.2f},"busy_visible_p50_ms":{:.2f},"busy_visible_p99_ms":{:.2f},)"
        R"("answered_p50_ratio":{:.2f},"answered_p99_ratio":{:.2f},"visible_p50_ratio":{:.2f},)"
        R"("visible_p99_ratio":{:.2f}}})",
        figures.imported, static_cast<double>(figures.imported) / figures.import_s, figures.import_refused,
        busy.answered_ms.size(), quiet.failed + busy.failed, value_at_share(quiet.answered_ms, 0.5),
        value_at_share(quiet.answered_ms, 0.99), value_at_share(busy.answered_ms, 0.5),
        value_at_share(busy.answered_ms, 0.99), value_at_share(quiet.visible_ms, 0.5),
        value_at_share(quiet.visible_ms, 0.99), value_at_share(busy.visible_ms, 0.5),
        value_at_share(busy.visible_ms, 0.99), ratio(busy.answered_ms, quiet.answered_ms, 0.5),
        ratio(busy.answered_ms, quiet.answered_ms, 0.99), ratio(busy.visible_ms, quiet.visible_ms, 0.5),
        ratio(busy.visible_ms, quiet.visible_ms, 0.99)
    );
}

}  // namespace

int run_fairness(const OverloadOptions& options) {
    try {
        Figures figures = measure(options);
        const std::string json = describe(figures);
        fmt::print("{}\n", json);
        if (!options.json_file.empty()) {
            std::ofstream file(options.json_file, std::ios::trunc);
            file << json << "\n";
            file.close();
            if (!file) throw std::runtime_error("cannot write " + options.json_file);
        }
        return figures.quiet.failed + figures.busy.failed == 0 ? 0 : 1;
    } catch (const std::exception& error) {
        fmt::print(stderr, "annals bench: {}\n", error.what());
        return 1;
    }
}

}  // namespace annals::bench
