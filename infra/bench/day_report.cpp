#include "infra/bench/day_report.hpp"

#include "infra/runtime/json_text.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <fstream>
#include <stdexcept>
#include <vector>

namespace annals::bench {
namespace {

struct Sums {
    std::uint64_t acknowledged{0}, refused{0}, unknown{0};
};

Sums sums_of(const Ledger& ledger) {
    Sums sums;
    for (const Attempt& attempt : ledger.attempts) {
        if (attempt.fate == Fate::acknowledged) ++sums.acknowledged;
        if (attempt.fate == Fate::refused) ++sums.refused;
        if (attempt.fate == Fate::unknown) ++sums.unknown;
    }
    return sums;
}

/// Milliseconds that `share` of the acknowledged commands were answered within.
double latency_ms(const Ledger& ledger, double share) {
    std::vector<std::uint32_t> sorted = ledger.latencies_us;
    if (sorted.empty()) return 0;
    std::ranges::sort(sorted);
    const auto at = static_cast<std::size_t>(share * static_cast<double>(sorted.size() - 1));
    return static_cast<double>(sorted[at]) / 1000;
}

void print_counts(const Ledger& ledger) {
    fmt::print(
        "\n{:<22}{:>14}{:>10}{:>12}{:>12}\n", "deed", "acknowledged", "refused", "no answer", "surprising"
    );
    for (std::size_t i = 0; i < kDeedCount; ++i) {
        const auto& count = ledger.counts[i];
        fmt::print(
            "{:<22}{:>14}{:>10}{:>12}{:>12}\n", to_string(static_cast<Deed>(i)), count.acknowledged,
            count.refused, count.unknown, count.surprising
        );
    }
    fmt::print("\nanswers:\n");
    for (const auto& [code, count] : ledger.codes) fmt::print("  {:<32}{:>10}\n", code, count);
}

void append_field(std::string& out, std::string_view name, const std::string& value) {
    if (out.size() > 1) out += ',';
    runtime::append_json_string(out, name);
    out += ':' + value;
}

std::string quoted(std::string_view text) {
    std::string out;
    runtime::append_json_string(out, text);
    return out;
}

std::string list_of(const std::vector<std::string>& texts) {
    std::string out = "[";
    for (const std::string& text : texts) out += (out.size() > 1 ? "," : "") + quoted(text);
    return out + "]";
}

}  // namespace

void print_result(const TeamDayOptions& options, const DayResult& result) {
    const Ledger& ledger = result.ledger;
    const Sums sums = sums_of(ledger);
    print_counts(ledger);
    const std::size_t wanted = options.organizations * options.commands;
    fmt::print(
        "\nplayed {} attempts in {:.1f} s ({:.0f}/s; commands answered in {:.1f} ms at the median, {:.1f} ms "
        "at p99)\n",
        ledger.attempts.size(), result.play_s, static_cast<double>(ledger.attempts.size()) / result.play_s,
        latency_ms(ledger, 0.5), latency_ms(ledger, 0.99)
    );
    if (ledger.attempts.size() < wanted) {
        fmt::print("the time limit of {} s came first: {} were wanted\n", options.time_limit_s, wanted);
    }
    fmt::print("reconciled in {:.1f} s:\n", result.reconcile_s);
    fmt::print(
        "  answers    {} acknowledged, {} refused, {} without an answer; {} with 5xx\n", sums.acknowledged,
        sums.refused, sums.unknown, ledger.server_errors
    );
    fmt::print("  log        {} events of the day\n", result.events);
    fmt::print(
        "  topic      {} of them compared byte by byte{}\n", result.topic.records,
        result.topic.missing == 0
            ? ""
            : fmt::format("; the broker no longer holds the first {}", result.topic.missing)
    );
    fmt::print("  queries    every project and task of every organization, by its lists\n");
    for (const std::string& surprise : ledger.surprises) fmt::print("SURPRISE  {}\n", surprise);
    for (const std::string& finding : result.findings.kept()) fmt::print("DIFFERS   {}\n", finding);
    const std::uint64_t wrong = result.findings.total() + ledger.surprises_total;
    fmt::print(
        "{}\n", wrong == 0 && result.agrees() ? fmt::format("seed {}: everything agrees", options.seed)
                                              : fmt::format(
                                                    "seed {}: {} surprises, {} differences", options.seed,
                                                    ledger.surprises_total, result.findings.total()
                                                )
    );
}

void write_json(const TeamDayOptions& options, const DayResult& result) {
    const Ledger& ledger = result.ledger;
    const Sums sums = sums_of(ledger);
    std::string codes = "{";
    for (const auto& [code, count] : ledger.codes) append_field(codes, code, std::to_string(count));
    std::string out = "{";
    append_field(out, "workload", quoted("team-day"));
    append_field(out, "seed", std::to_string(options.seed));
    append_field(out, "run", quoted(result.run));
    append_field(out, "organizations", std::to_string(options.organizations));
    append_field(out, "people", std::to_string(options.people));
    append_field(out, "attempts", std::to_string(ledger.attempts.size()));
    append_field(out, "acknowledged", std::to_string(sums.acknowledged));
    append_field(out, "refused", std::to_string(sums.refused));
    append_field(out, "unanswered", std::to_string(sums.unknown));
    append_field(out, "server_errors", std::to_string(ledger.server_errors));
    append_field(out, "answers", codes + "}");
    append_field(out, "play_s", fmt::format("{:.3f}", result.play_s));
    append_field(out, "command_p50_ms", fmt::format("{:.3f}", latency_ms(ledger, 0.5)));
    append_field(out, "command_p99_ms", fmt::format("{:.3f}", latency_ms(ledger, 0.99)));
    append_field(out, "events", std::to_string(result.events));
    append_field(out, "topic_compared", std::to_string(result.topic.records));
    append_field(out, "topic_dropped", std::to_string(result.topic.missing));
    append_field(out, "logged_in_again", std::to_string(ledger.logged_in_again));
    append_field(out, "lost", std::to_string(result.findings.count(Breach::lost)));
    append_field(out, "repeated", std::to_string(result.findings.count(Breach::repeated)));
    append_field(out, "diverged", std::to_string(result.findings.count(Breach::diverged)));
    append_field(out, "surprise_details", list_of(ledger.surprises));
    append_field(out, "surprises", std::to_string(ledger.surprises_total));
    append_field(out, "differences", std::to_string(result.findings.total()));
    append_field(out, "details", list_of(result.findings.kept()));
    append_field(out, "agrees", result.agrees() ? "true" : "false");
    std::ofstream file(options.json_file, std::ios::trunc);
    file << out << "}\n";
    file.close();
    if (!file) throw std::runtime_error("cannot write " + options.json_file);
}

}  // namespace annals::bench
