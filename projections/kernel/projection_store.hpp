#pragma once

#include "domain/kernel/ids.hpp"
#include "projections/kernel/row_set.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace annals {

struct ProjectionType;

/// The database cannot be reached, or not in time. Nothing is known to have been applied; whoever opens the
/// store again sees from the checkpoints what was.
struct ProjectionStoreUnavailable : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// How far one projection has applied one partition. `generation` rises when something other than the
/// projector changes the rows (a retry, a rebuild), so that the projector notices and reloads.
struct Checkpoint {
    std::string projection;  ///< ProjectionType::checkpoint_name
    std::uint16_t partition{0};
    std::uint64_t position{0};                   ///< 0: nothing yet
    std::optional<std::int64_t> kafka_offset{};  ///< of the last record that came over Kafka
    std::uint64_t generation{0};
};

struct CheckpointMove {
    std::string_view projection;
    std::uint16_t partition{0};
    std::uint64_t from{0};
    std::uint64_t to{0};  ///< may equal `from`: then the checkpoint is only held against others
    std::uint64_t generation{0};
    std::uint64_t new_generation{0};
    std::optional<std::int64_t> kafka_offset{};  ///< nothing: keep what is stored
    std::optional<std::uint64_t> lease_epoch{};  ///< nothing: moved without a lease
};

/// An event that one projection did not apply. The first of a stream has the reason; those after it wait
/// behind.
struct ParkedEvent {
    std::string projection;
    std::uint16_t partition{0};
    std::uint64_t position{0};
    TenantId tenant{};
    Uuid stream{};
    std::string event_type;
    std::string code;  ///< waiting, or why it failed: reducer, unreadable, unknown_type, database
    std::string detail;
};

/// Where an event stands whose skipping an operator has decided.
struct EventPlace {
    std::uint16_t partition{0};
    std::uint64_t position{0};
    friend auto operator<=>(const EventPlace&, const EventPlace&) = default;
};

inline constexpr std::string_view kParkedWaiting = "waiting";
/// This binary does not know the event's type or version; a newer one takes it up by itself.
inline constexpr std::string_view kParkedUnknownType = "unknown_type";

struct TableChange {
    const TableType* table{nullptr};
    std::vector<const void*> upserts;
    std::vector<RowKey> removals;
};

/// What one commit writes: all of it or nothing.
struct ProjectionBatch {
    std::vector<CheckpointMove> moves;
    std::vector<TableChange> changes;
    std::vector<ParkedEvent> parked;
    std::vector<ParkedEvent> unparked;  ///< of these only projection, partition and position count
    std::vector<ParkedEvent> failed;    ///< parked ones that failed once more, with their new code and detail
    std::vector<Position> applied;      ///< told to other processes: every projection has these now
};

enum class ApplyOutcome : std::uint8_t {
    applied,
    fenced,      ///< a checkpoint is not where `from` and `generation` say, or a lease has another owner
    bad_data,    ///< the database refused a value
    beyond_log,  ///< the log does not have a position that a checkpoint was to be moved to
};
/// Nothing was written unless the outcome is `applied`.
struct ApplyResult {
    ApplyOutcome outcome{ApplyOutcome::applied};
    std::string detail{};
};

/// Adds what reducers changed in a projection's rows. The batch points into `rows`.
void add_changes(const RowSet& rows, ProjectionBatch& batch);

/// Where the log stands in one partition.
struct LogHead {
    std::uint64_t position{0};
    std::uint32_t epoch{1};
};

/// Where an epoch of the log begins in a partition: events after that position carry it or a later one.
struct LogEpoch {
    std::uint16_t partition{0};
    std::uint32_t epoch{0};
    std::uint64_t after{0};
};

/// A partition and the epoch of its lease. The epoch rises each time the partition is taken over.
struct PartitionLease {
    std::uint16_t partition{0};
    std::uint64_t epoch{0};

    friend bool operator==(const PartitionLease&, const PartitionLease&) = default;
};

/// The query tables as a projector that may write them sees them. Not thread-safe; every call blocks and
/// throws ProjectionStoreUnavailable.
class ProjectionStore : public RowSource {
public:
    /// One for each partition of the log.
    virtual std::vector<LogHead> log_heads() = 0;
    /// Every epoch after the first.
    virtual std::vector<LogEpoch> log_epochs() = 0;
    /// The leases as they are now, whoever holds them; none for a partition that was never leased.
    virtual std::vector<PartitionLease> leases() = 0;
    /// The checkpoints of these projections in all partitions; those that are missing are made at position 0.
    virtual std::vector<Checkpoint> checkpoints(std::span<const std::string> projections) = 0;
    /// Parked events in order of projection, partition and position, at most `limit` after the given one.
    virtual std::vector<ParkedEvent> parked(
        std::string_view projection, std::uint16_t partition, std::uint64_t after, std::size_t limit
    ) = 0;
    struct ParkedStream {
        std::string projection;
        std::uint16_t partition{0};
        Uuid stream{};
        std::uint64_t events{0};
    };
    virtual std::vector<ParkedStream> parked_streams() = 0;
    /// Parked events of streams that wait for a newer binary, in order of their positions: the first of the
    /// stream is of a type that the one that parked it did not know, or has nothing before it any more.
    /// Leaves out streams whose first event is of one of `but_types`.
    virtual std::vector<ParkedEvent> parked_unknown(
        std::string_view projection, std::uint16_t partition, std::span<const std::string> but_types,
        std::size_t limit
    ) = 0;
    /// Keeps everybody else from working on the parked events of a projection, and answers what operators
    /// gave up of it; nothing when somebody else works on them.
    virtual std::optional<std::vector<EventPlace>> begin_retry(const ProjectionType& type) = 0;
    /// Without the store the hold has ended with its session.
    virtual void end_retry(const ProjectionType& type) noexcept = 0;
    virtual ApplyResult apply(const ProjectionBatch& batch) = 0;
};

/// The log, where what Kafka does not (or no longer) hold is read.
struct LogLine {
    std::uint64_t position{0};
    std::string line;
};
/// These lines of the log cannot be read, because the storage below them is damaged; others can.
struct LogDamaged : std::runtime_error {
    LogDamaged(std::uint16_t where, const std::string& message)
        : std::runtime_error(message), partition(where) {}
    std::uint16_t partition;
};
class LogReader {
public:
    virtual ~LogReader() = default;
    /// Up to `limit` lines of one partition after a position, dense and in order; fewer at the end of the
    /// log. Throws ProjectionStoreUnavailable, LogDamaged.
    virtual std::vector<LogLine> read(std::uint16_t partition, std::uint64_t after, std::size_t limit) = 0;
};

}  // namespace annals
