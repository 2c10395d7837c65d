#include "infra/bench/ledger.hpp"

#include "infra/bench/answers.hpp"

#include <algorithm>

namespace annals::bench {

std::string_view to_string(Deed deed) {
    static constexpr std::array<std::string_view, kDeedCount> kNames{
        "create project",    "rename project",    "create task",        "update task",
        "edit at a version", "move task",         "move by /commands",  "assign task",
        "unassign task",     "stale version",     "repeat, same body",  "repeat, other body",
        "repeat at once",    "resend after drop", "malformed body",     "oversized body",
        "wrong media type",  "wrong method",      "wrong token",        "foreign id",
        "viewer writes",     "drop in request",   "drop before answer", "read own write",
        "read list",
    };
    return kNames[static_cast<std::size_t>(deed)];
}

void Ledger::surprise(Deed deed, std::string what) {
    ++surprises_total;
    ++counts[static_cast<std::size_t>(deed)].surprising;
    if (surprises.size() < kSurprisesKeptMax) {
        surprises.push_back(std::string(to_string(deed)) + ": " + std::move(what));
    }
}

void Ledger::count_code(const std::expected<HttpAnswer, Lost>& answer) {
    if (!answer) {
        ++codes["no answer, " + std::string(to_string(answer.error()))];
    } else {
        ++codes[std::to_string(answer->status) + " " + read_problem_code(answer->body)];
    }
}

bool Ledger::expect(
    Deed deed, const HttpAnswer& answer, std::initializer_list<std::string_view> expected,
    const std::string& what
) {
    const bool ok = answer.status >= 200 && answer.status < 300;
    const std::string code = ok ? "OK" : read_problem_code(answer.body);
    ++codes[std::to_string(answer.status) + " " + code];
    if (answer.status >= 500) ++server_errors;
    if (std::ranges::find(expected, std::string_view(code)) != expected.end()) return true;
    surprise(
        deed, what + " was answered " + std::to_string(answer.status) + " " + answer.body.substr(0, 400)
    );
    return false;
}

void Ledger::add(const Ledger& other) {
    attempts.insert(attempts.end(), other.attempts.begin(), other.attempts.end());
    for (std::size_t i = 0; i < kDeedCount; ++i) {
        counts[i].acknowledged += other.counts[i].acknowledged;
        counts[i].refused += other.counts[i].refused;
        counts[i].unknown += other.counts[i].unknown;
        counts[i].surprising += other.counts[i].surprising;
    }
    for (const auto& [code, count] : other.codes) codes[code] += count;
    server_errors += other.server_errors;
    logged_in_again += other.logged_in_again;
    surprises_total += other.surprises_total;
    for (const std::string& line : other.surprises) {
        if (surprises.size() < kSurprisesKeptMax) surprises.push_back(line);
    }
    latencies_us.insert(latencies_us.end(), other.latencies_us.begin(), other.latencies_us.end());
}

}  // namespace annals::bench
