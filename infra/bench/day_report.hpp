#pragma once

#include "infra/bench/findings.hpp"
#include "infra/bench/ledger.hpp"
#include "infra/bench/reconciliation.hpp"
#include "infra/bench/team_day.hpp"

#include <cstdint>
#include <string>

namespace annals::bench {

struct DayResult {
    std::string run{};
    Ledger ledger{};
    Findings findings{};
    TopicHeld topic{};
    std::uint64_t events{0};
    double set_up_s{0};
    double play_s{0};
    double reconcile_s{0};

    /// Whether every answer was one to be expected and nothing differs anywhere.
    [[nodiscard]] bool agrees() const {
        return findings.total() == 0 && ledger.surprises_total == 0 && ledger.server_errors == 0;
    }
};

void print_result(const TeamDayOptions& options, const DayResult& result);
/// Throws std::runtime_error when the file cannot be written.
void write_json(const TeamDayOptions& options, const DayResult& result);

}  // namespace annals::bench
