#include "infra/bench/visible_load.hpp"

#include "infra/bench/answers.hpp"
#include "infra/bench/bench_targets.hpp"
#include "infra/bench/http_client.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <fmt/format.h>
#include <fstream>
#include <stdexcept>
#include <thread>
#include <vector>

namespace annals::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::uint64_t kSampledEvery = 8;
constexpr std::chrono::milliseconds kReplyWait{10'000};
/// A command sent later than this after its time means that the generator, not the server, was measured.
constexpr std::chrono::milliseconds kLate{20};

struct Sample {
    std::vector<double> visible_ms{};
    std::vector<double> answered_ms{};
    std::uint64_t sent{0}, failed{0}, late{0};
};

double at_share(std::vector<double>& values, double share) {
    if (values.empty()) return 0;
    std::ranges::sort(values);
    return values[static_cast<std::size_t>(share * static_cast<double>(values.size() - 1))];
}

double ms_between(Clock::time_point from, Clock::time_point to) {
    return std::chrono::duration<double, std::milli>(to - from).count();
}

/// All threads draw the next command from one schedule.
class Generator {
public:
    Generator(const VisibleLoadOptions& options, Endpoint api)
        : api_(std::move(api)),
          targets_(read_targets(options.targets_file)),
          interval_(
              std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(1 / options.rate))
          ),
          wanted_(static_cast<std::uint64_t>(options.rate * options.seconds)),
          seed_(options.seed) {}

    Sample run(std::size_t connections) {
        std::vector<Sample> samples(connections);
        start_ = Clock::now();
        std::vector<std::jthread> threads;
        for (Sample& sample : samples) threads.emplace_back([this, &sample] { work(sample); });
        threads.clear();
        Sample all;
        for (const Sample& sample : samples) {
            all.visible_ms.insert(all.visible_ms.end(), sample.visible_ms.begin(), sample.visible_ms.end());
            all.answered_ms.insert(
                all.answered_ms.end(), sample.answered_ms.begin(), sample.answered_ms.end()
            );
            all.sent += sample.sent;
            all.failed += sample.failed;
            all.late += sample.late;
        }
        return all;
    }

private:
    void work(Sample& sample) {
        HttpClient client(api_, kReplyWait);
        for (std::uint64_t ticket = next_++; ticket < wanted_; ticket = next_++) {
            const auto due = start_ + interval_ * static_cast<std::int64_t>(ticket);
            std::this_thread::sleep_until(due);
            const Target& target = targets_[(ticket * 7919 + seed_) % targets_.size()];
            const auto begun = Clock::now();
            if (begun - due > kLate) ++sample.late;
            ++sample.sent;
            const auto answer = client.exchange(create_task_request(api_, target, ticket));
            const auto answered = Clock::now();
            const auto command =
                answer && answer->status == 201 ? read_command_answer(answer->body) : std::nullopt;
            if (!command) {
                ++sample.failed;
                continue;
            }
            sample.answered_ms.push_back(ms_between(due, answered));
            if (ticket % kSampledEvery != 0) continue;
            const auto seen = client.exchange(read_task(target, *command));
            if (seen && seen->status == 200) {
                sample.visible_ms.push_back(ms_between(answered, Clock::now()));
            } else {
                ++sample.failed;
            }
        }
    }

    [[nodiscard]] std::string read_task(const Target& target, const CommandAnswered& command) const {
        return write_request(
            api_, "GET",
            fmt::format(
                "/api/v1/tasks/{}?min_position={}", command.id.to_string(), command.position.to_string()
            ),
            {"Authorization: Bearer " + target.token}, ""
        );
    }

    Endpoint api_;
    std::vector<Target> targets_;
    Clock::duration interval_;
    std::uint64_t wanted_;
    std::uint64_t seed_;
    Clock::time_point start_{};
    std::atomic<std::uint64_t> next_{0};
};

void report(const VisibleLoadOptions& options, Sample& sample, double took_s) {
    const double rate = static_cast<double>(sample.sent - sample.failed) / took_s;
    const std::string json = fmt::format(
        R"({{"workload":"visible","rate":{:.1f},"sent":{},"failed":{},"late":{},"samples":{},)"
        R"("visible_p50_ms":{:.3f},"visible_p99_ms":{:.3f},"visible_max_ms":{:.3f},)"
        R"("answered_p50_ms":{:.3f},"answered_p99_ms":{:.3f}}})",
        rate, sample.sent, sample.failed, sample.late, sample.visible_ms.size(),
        at_share(sample.visible_ms, 0.5), at_share(sample.visible_ms, 0.99), at_share(sample.visible_ms, 1),
        at_share(sample.answered_ms, 0.5), at_share(sample.answered_ms, 0.99)
    );
    fmt::print("{}\n", json);
    if (options.json_file.empty()) return;
    std::ofstream file(options.json_file, std::ios::trunc);
    file << json << "\n";
    file.close();
    if (!file) throw std::runtime_error("cannot write " + options.json_file);
}

}  // namespace

int run_visible_load(const VisibleLoadOptions& options) {
    try {
        const auto api = Endpoint::parse(options.api);
        if (!api)
            throw std::runtime_error("--api: http://HOST:PORT is expected, not \"" + options.api + "\"");
        Generator generator(options, *api);
        const auto start = Clock::now();
        Sample sample = generator.run(options.connections);
        report(options, sample, ms_between(start, Clock::now()) / 1000);
        return sample.failed == 0 ? 0 : 1;
    } catch (const std::exception& error) {
        fmt::print(stderr, "annals bench: {}\n", error.what());
        return 1;
    }
}

}  // namespace annals::bench
