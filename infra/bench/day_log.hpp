#pragma once

#include "domain/kernel/ids.hpp"
#include "infra/bench/findings.hpp"
#include "infra/crypto/sha256.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace annals::pg {
class Rows;
}

namespace annals::bench {

/// More events than this in one day are not read back.
inline constexpr std::uint64_t kDayEventsMax = 5'000'000;

/// The heads of the log's partitions; index = partition. Throws pg::PgError.
std::vector<std::uint64_t> read_log_heads(const std::string& dsn);

/// What the log says about the events of one day, read straight from PostgreSQL.
class DayLog {
public:
    struct Entry {
        Uuid stream{};
        StreamVersion version{0};
        CommandId command{};
        crypto::Digest hash{};  ///< of the line, computed here
    };
    struct Stream {
        TenantId tenant{};
        std::string category{};
        StreamVersion version{0};  ///< of its last event
        std::uint64_t marker{0};   ///< the last text written to it; 0: none
    };

    /// Reads the events behind `from`. Tells of holes and of lines that do not match their stored hash.
    /// Throws pg::PgError, and std::runtime_error for more than kDayEventsMax events.
    DayLog(
        const std::string& dsn, const std::vector<std::uint64_t>& from, const std::string& run,
        Findings& findings
    );

    /// Null when the log holds no such event of this day.
    [[nodiscard]] const Entry* at(std::uint16_t partition, std::uint64_t position) const;
    [[nodiscard]] std::uint16_t partitions() const { return static_cast<std::uint16_t>(entries_.size()); }
    [[nodiscard]] std::uint64_t first(std::uint16_t partition) const { return from_[partition] + 1; }
    [[nodiscard]] std::uint64_t head(std::uint16_t partition) const {
        return from_[partition] + entries_[partition].size();
    }
    [[nodiscard]] std::uint64_t events() const;
    /// Where each text was written: as a new value, not as the one before a change.
    [[nodiscard]] const std::unordered_map<std::uint64_t, std::vector<Position>>& markers() const {
        return markers_;
    }
    [[nodiscard]] const std::unordered_map<Uuid, Stream>& streams() const { return streams_; }
    /// How many events each command wrote.
    [[nodiscard]] std::uint64_t events_of(const CommandId& command) const;

private:
    void take(
        const pg::Rows& rows, std::size_t row, std::uint16_t partition, const std::string& prefix,
        Findings& findings
    );
    void take_markers(
        const Position& position, Stream& stream, std::string_view line, const std::string& prefix
    );

    std::vector<std::uint64_t> from_;
    std::vector<std::vector<Entry>> entries_;
    std::unordered_map<std::uint64_t, std::vector<Position>> markers_;
    std::unordered_map<Uuid, Stream> streams_;
    std::unordered_map<CommandId, std::uint64_t> commands_;
};

}  // namespace annals::bench
