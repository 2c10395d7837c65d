#include "infra/bench/team_day.hpp"

#include "infra/bench/ack_file.hpp"
#include "infra/bench/day_report.hpp"
#include "infra/bench/orders.hpp"
#include "infra/bench/person_day.hpp"
#include "infra/bench/reconciliation.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <exception>
#include <fmt/format.h>
#include <memory>
#include <stdexcept>
#include <thread>
#include <vector>

namespace annals::bench {
namespace {

constexpr std::size_t kFirstProjects = 4;

double seconds_since(std::chrono::steady_clock::time_point start) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// At once: whoever directs the run waits for the line.
void say(const std::string& line) {
    fmt::print("{}\n", line);
    (void)std::fflush(stdout);
}

/// The seed and the second: two days with one seed can follow each other on one instance.
std::string run_name(std::uint64_t seed) {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return fmt::format("{}-{:x}", seed, std::chrono::duration_cast<std::chrono::seconds>(now).count());
}

TeamSettings team_settings(const TeamDayOptions& options) {
    TeamSettings settings;
    for (const std::string& url : options.apis) {
        const auto api = Endpoint::parse(url);
        if (!api) throw std::runtime_error("--api: http://HOST:PORT is expected, not \"" + url + "\"");
        settings.apis.push_back(*api);
    }
    settings.run = run_name(options.seed);
    settings.organizations = options.organizations;
    settings.people = options.people;
    settings.bootstrap_token = options.bootstrap_token;
    settings.login = options.login;
    settings.password = options.password;
    return settings;
}

class Day {
public:
    Day(const TeamDayOptions& options, const TeamSettings& settings, Team& team)
        : directed_(options.through_faults) {
        if (!options.acks_file.empty()) acks_ = std::make_unique<AckFile>(options.acks_file);
        const auto everybody = static_cast<double>(options.organizations * options.people);
        const std::chrono::duration<double> interval(options.rate > 0 ? everybody / options.rate : 0);
        end_ = std::chrono::steady_clock::now() + std::chrono::seconds(options.time_limit_s);
        for (const auto& organization : team) {
            for (Person& person : organization->people) {
                DaySettings own{.apis = settings.apis, .run = settings.run, .seed = options.seed};
                if (options.through_faults) own.patience = kThroughFaults;
                own.interval = std::chrono::duration_cast<std::chrono::microseconds>(interval);
                own.end = end_;
                own.stop = &stop_;
                own.acks = acks_.get();
                own.commands = options.commands / options.people;
                if (person.number < options.commands % options.people) ++own.commands;
                days_.push_back(std::make_unique<PersonDay>(team, person, own));
                if (person.number == 0) owners_.push_back(days_.back().get());
            }
        }
    }

    void play() {
        for (PersonDay* owner : owners_) {
            for (std::size_t i = 0; i < kFirstProjects; ++i) owner->create_project();
        }
        std::vector<std::exception_ptr> failures(days_.size());
        std::vector<std::jthread> threads;
        for (std::size_t i = 0; i < days_.size(); ++i) {
            threads.emplace_back([this, i, &failures] {
                try {
                    days_[i]->run();
                } catch (const std::exception&) {
                    failures[i] = std::current_exception();
                }
            });
        }
        // Waits for the order alone: somebody whose attempts are used up goes home without a word.
        if (directed_) {
            if (orders_.wait_for("stop", end_) == Orders::Outcome::alone) fmt::print("nobody directs\n");
            stop_ = true;
        }
        threads.clear();
        for (const auto& failure : failures) {
            if (failure) std::rethrow_exception(failure);
        }
    }

    /// Lets the system come to rest. Throws std::runtime_error when the order does not come.
    void wait_for_rest() {
        if (!directed_) return;
        say("stopped");
        const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(kReconcileWaitS);
        if (orders_.wait_for("reconcile", until) != Orders::Outcome::given)
            throw std::runtime_error("nobody said that the reconciliation may begin");
    }

    [[nodiscard]] Ledger ledger() const {
        Ledger all;
        for (const auto& day : days_) all.add(day->ledger());
        return all;
    }

private:
    bool directed_;
    Orders orders_;
    std::atomic<bool> stop_{false};
    std::unique_ptr<AckFile> acks_;
    std::chrono::steady_clock::time_point end_{};
    std::vector<std::unique_ptr<PersonDay>> days_;
    std::vector<PersonDay*> owners_;
};

void reconcile(
    const TeamDayOptions& options, const TeamSettings& settings, Team& team,
    const std::vector<std::uint64_t>& heads_before, DayResult& result
) {
    const auto start = std::chrono::steady_clock::now();
    const DayLog log(options.dsn, heads_before, settings.run, result.findings);
    result.events = log.events();
    check_answers(result.ledger, log, result.findings);
    if (options.topic_kept) {
        result.topic =
            check_topic(options.kafka, options.topic, options.kafka_complete, log, result.findings);
    }
    std::uint32_t epoch = 1;
    for (const Attempt& attempt : result.ledger.attempts) epoch = std::max(epoch, attempt.position.epoch);
    check_queries(settings, team, log, epoch, result.findings);
    result.reconcile_s = seconds_since(start);
}

DayResult play_day(const TeamDayOptions& options) {
    const TeamSettings settings = team_settings(options);
    DayResult result;
    result.run = settings.run;
    fmt::print(
        "team day, seed {}, run {}: {} organizations x {} people, {} attempts each\n", options.seed,
        settings.run, options.organizations, options.people, options.commands
    );
    const auto heads_before = read_log_heads(options.dsn);
    auto start = std::chrono::steady_clock::now();
    Team team = found_team(settings);
    result.set_up_s = seconds_since(start);
    say(fmt::format("everybody has joined and logged in after {:.1f} s", result.set_up_s));
    Day day(options, settings, team);
    start = std::chrono::steady_clock::now();
    day.play();
    result.play_s = seconds_since(start);
    result.ledger = day.ledger();
    day.wait_for_rest();
    reconcile(options, settings, team, heads_before, result);
    return result;
}

}  // namespace

int run_team_day(const TeamDayOptions& options) {
    try {
        const DayResult result = play_day(options);
        print_result(options, result);
        if (!options.json_file.empty()) write_json(options, result);
        return result.agrees() ? 0 : 1;
    } catch (const std::exception& error) {
        fmt::print(
            stderr, "annals bench: the day could not be played (seed {}): {}\n", options.seed, error.what()
        );
        return 1;
    }
}

}  // namespace annals::bench
