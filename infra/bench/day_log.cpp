#include "infra/bench/day_log.hpp"

#include "infra/postgres/connection.hpp"
#include "infra/postgres/dsn.hpp"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>
#include <numeric>
#include <stdexcept>
#include <string_view>

namespace annals::bench {
namespace {

constexpr std::int64_t kRowsPerRead = 5'000;
constexpr std::string_view kBefore = R"("before":")";

constexpr pg::SessionSettings kBenchSession{
    "annals-bench", 60'000, 5'000, "set default_transaction_read_only = on;"
};
constexpr pg::Statement kHeads{
    "bench_heads", "select partition::int4, head from log.partition order by partition"
};
constexpr pg::Statement kEvents{
    "bench_events",
    "select position, stream_id, stream_version, command_id, tenant_id, category, leaf_hash, line from "
    "log.event"
    " where partition = $1 and position > $2 order by position limit $3"
};

/// Row-level security shows the log to the engine's role alone.
std::string engine_dsn(const std::string& dsn) {
    if (!pg::dsn_value(dsn, "user").empty()) return dsn;
    return pg::dsn_with(dsn, "user", "annals_engine");
}

}  // namespace

std::vector<std::uint64_t> read_log_heads(const std::string& dsn) {
    pg::Connection connection(engine_dsn(dsn), kBenchSession);
    const pg::Rows rows = connection.query(kHeads);
    std::vector<std::uint64_t> heads;
    for (std::size_t i = 0; i < rows.size(); ++i) heads.push_back(rows.count(i, 1));
    return heads;
}

DayLog::DayLog(
    const std::string& dsn, const std::vector<std::uint64_t>& from, const std::string& run, Findings& findings
)
    : from_(from), entries_(from.size()) {
    pg::Connection connection(engine_dsn(dsn), kBenchSession);
    const std::string prefix = "td:" + run + ":";
    for (std::uint16_t partition = 0; partition < partitions(); ++partition) {
        std::uint64_t read = 0;
        do {
            pg::Params params;
            params.int2(static_cast<std::int16_t>(partition))
                .int8(static_cast<std::int64_t>(head(partition)));
            params.int8(kRowsPerRead);
            const pg::Rows rows = connection.query(kEvents, params);
            for (std::size_t i = 0; i < rows.size(); ++i) take(rows, i, partition, prefix, findings);
            read = rows.size();
            if (events() > kDayEventsMax) throw std::runtime_error("more events than a bench reads back");
        } while (read > 0);
    }
}

void DayLog::take(
    const pg::Rows& rows, std::size_t row, std::uint16_t partition, const std::string& prefix,
    Findings& findings
) {
    const std::uint64_t expected = head(partition) + 1;
    const Position position{0, partition, rows.count(row, 0)};
    if (position.number != expected) {
        findings.add(
            Breach::lost,
            fmt::format("log: partition {} has {} behind {}", partition, position.number, expected - 1)
        );
        // What follows would be found in the wrong place.
        throw std::runtime_error("the log has a hole");
    }
    const std::string_view line = rows.bytes(row, 7);
    Entry entry{rows.uuid(row, 1), rows.count(row, 2), CommandId{rows.uuid(row, 3)}, crypto::leaf_hash(line)};
    if (!std::ranges::equal(rows.bytes(row, 6), entry.hash, {}, [](char c) {
            return static_cast<std::uint8_t>(c);
        })) {
        findings.add(
            Breach::diverged,
            fmt::format("log: the hash of {}/{} does not match its line", partition, position.number)
        );
    }
    Stream& stream = streams_[entry.stream];
    if (stream.version != 0 && entry.version != stream.version + 1) {
        findings.add(
            Breach::diverged, fmt::format(
                                  "log: stream {} goes from version {} to {}", entry.stream.to_string(),
                                  stream.version, entry.version
                              )
        );
    }
    stream.version = entry.version;
    stream.tenant = TenantId{rows.uuid(row, 4)};
    stream.category = rows.bytes(row, 5);
    ++commands_[entry.command];
    take_markers(position, stream, line, prefix);
    entries_[partition].push_back(entry);
}

void DayLog::take_markers(
    const Position& position, Stream& stream, std::string_view line, const std::string& prefix
) {
    for (auto at = line.find(prefix); at != std::string_view::npos;
         at = line.find(prefix, at + prefix.size())) {
        const bool is_before = line.substr(0, at).ends_with(kBefore);
        std::uint64_t marker = 0;
        const char* number = line.data() + at + prefix.size();
        std::from_chars(number, line.data() + line.size(), marker);
        if (is_before || marker == 0) continue;
        markers_[marker].push_back(position);
        stream.marker = marker;
    }
}

const DayLog::Entry* DayLog::at(std::uint16_t partition, std::uint64_t position) const {
    if (partition >= partitions() || position < first(partition) || position > head(partition))
        return nullptr;
    return &entries_[partition][position - first(partition)];
}

std::uint64_t DayLog::events() const {
    return std::accumulate(
        entries_.begin(), entries_.end(), std::uint64_t{0},
        [](std::uint64_t sum, const auto& of) { return sum + of.size(); }
    );
}

std::uint64_t DayLog::events_of(const CommandId& command) const {
    const auto found = commands_.find(command);
    return found == commands_.end() ? 0 : found->second;
}

}  // namespace annals::bench
