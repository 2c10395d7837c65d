#pragma once

#include "commands/kernel/batch_lines.hpp"
#include "commands/kernel/writer.hpp"

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

// Shared by the sources of the writer alone.

namespace annals {

/// What one attempt decides, and what is known before it.
struct Writer::Batch {
    std::deque<CommandJob> jobs;
    std::vector<std::vector<CommandResult>> results;       ///< of the jobs decided so far, in their order
    std::unordered_map<CommandKey, StoredCommand> stored;  ///< commands that are in the log already
    Instant now{};
    bool told_head_moved{false};
    bool overtaken{false};           ///< an append of this batch found what somebody else had written
    std::size_t jobs_max{SIZE_MAX};  ///< decided at once; fewer when one of them fails the append of all
    std::map<std::uint16_t, std::uint64_t> doubtful;  ///< the heads on which an append in doubt would commit
    std::unique_ptr<WorkingLayer> layer;
    std::unique_ptr<BatchLines> lines;
    AppendBatch append;

    [[nodiscard]] bool in_doubt() const { return std::ranges::any_of(jobs, &CommandJob::in_doubt); }
};

/// After another process was seen to append, so many attempts hold the heads before they decide: decisions on
/// stale heads are thrown away.
inline constexpr std::size_t kCarefulBatches = 64;

inline Rejection unavailable(std::string detail) {
    return reject("UNAVAILABLE", std::move(detail));
}
inline Rejection outcome_unknown() {
    return unavailable("the outcome is not known yet; repeat with the same command id");
}

}  // namespace annals
