#pragma once

#include "infra/bench/day_log.hpp"
#include "infra/bench/findings.hpp"
#include "infra/bench/ledger.hpp"
#include "infra/bench/team.hpp"

#include <string>

namespace annals::bench {

/// Every answer against the log: what was acknowledged is there, once, where the answer said; what was
/// refused is not; what got no answer is there once or not at all.
void check_answers(const Ledger& ledger, const DayLog& log, Findings& findings);

/// How much of the day the topic still holds.
struct TopicHeld {
    std::uint64_t records{0};   ///< of the day
    std::uint64_t missing{0};   ///< of the day, removed by a broker that keeps only the newest
    std::uint64_t repeated{0};  ///< read twice; an embedded broker may do that after a restart
};
/// The topic against the log, byte by byte: each event once and in order, to the very head. A `complete`
/// topic holds all of them; else it may begin later. Throws std::runtime_error when the broker is away.
TopicHeld check_topic(
    const std::string& bootstrap, const std::string& topic, bool complete, const DayLog& log,
    Findings& findings
);

/// The query API against the log: each organization's lists hold exactly its projects and tasks, each in its
/// last version with its last text, and the history of some has an entry for each version. The owners are
/// still logged in. `epoch` is that of the log's positions.
void check_queries(
    const TeamSettings& settings, Team& team, const DayLog& log, std::uint32_t epoch, Findings& findings
);

}  // namespace annals::bench
