#pragma once

#include "domain/contract/event_line.hpp"
#include "projections/kernel/projection.hpp"
#include "projections/kernel/projection_store.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace annals {

inline constexpr std::size_t kLogPageEvents = 1'000;  ///< read from the log at once when filling a gap
inline constexpr std::size_t kFencedRetriesMax = 3;   ///< reloads of one batch before somebody else is let be
inline constexpr std::size_t kRetryPageEvents = 1'000;  ///< parked events that are read at once for a retry
inline constexpr std::size_t kTakeUpEvents = 200;       ///< and are taken up at once, while live events wait
inline constexpr std::size_t kRetryAttemptsMax = 100;   ///< of one event, while a projector works beside
inline constexpr std::size_t kParkedDetailBytesMax = 1'000;

/// One line of the log on its way into the projections.
struct ProjectorLine {
    std::uint16_t partition{0};
    std::uint64_t position{0};
    std::optional<std::int64_t> kafka_offset{};  ///< nothing when it was read from the log
    std::string line;
};

/// A partition that a projector works on. Without a lease nothing but the checkpoints keeps others out, as is
/// right for an operator's tool.
struct OwnedPartition {
    std::uint16_t partition{0};
    std::optional<std::uint64_t> lease_epoch{};
};

/// Somebody else moves the checkpoints.
struct ProjectorFenced : std::runtime_error {
    using std::runtime_error::runtime_error;
};
/// The log does not have what was to be applied: the topic is of another log, or ahead of it.
struct LogDiverged : std::runtime_error {
    LogDiverged(std::uint16_t where, const std::string& message)
        : std::runtime_error(message), partition(where) {}
    std::uint16_t partition;
};

struct ProjectionStatus {
    std::string projection;
    std::map<std::uint16_t, std::uint64_t> positions;  ///< of the owned partitions
    std::uint64_t parked_streams{0};
    std::uint64_t parked_events{0};
};

struct ProjectorStatus {
    std::vector<ProjectionStatus> projections;
    std::uint64_t events_total{0};      ///< applied by this process
    std::uint64_t batches_total{0};     ///< committed
    std::uint64_t duplicates_total{0};  ///< dropped because their position was applied already
    std::uint64_t gap_events_total{0};  ///< read from the log because Kafka did not bring them
    std::uint64_t superseded_total{0};  ///< dropped because the log was restored to a point before them
    std::uint64_t parked_total{0};      ///< streams parked by this process
    std::uint64_t fenced_total{0};
    std::uint64_t leases_lost_total{0};  ///< partitions found to be somebody else's now
};

struct ProjectorEvents {
    /// Every projection has this position of its partition now.
    std::function<void(const Position&)> applied;
    /// A stream was parked; `event` is the one that could not be applied.
    std::function<void(const ParkedEvent& event)> parked;
};

/// What a retry of parked events came to.
struct RetryResult {
    std::size_t applied{0};
    std::size_t skipped{0};  ///< left the queue unapplied, because an operator had decided so
    std::size_t failed{0};   ///< streams whose first event failed once more
};

/// Applies lines of its partitions to all projections, each event exactly once: rows, checkpoints and parked
/// events of a batch move in one transaction. An event that cannot be applied parks its stream in that
/// projection, one of a type or version that this binary does not know in every projection; every other
/// stream flows on. Several projectors may work at once on different partitions, each with a store of its
/// own. Not thread-safe. After any exception, open() again.
class Projector {
public:
    /// Everything outlives the projector. Without a sealer personal data reads as nothing. What the sealer
    /// throws makes the line unreadable, which parks its stream; but when its keys cannot be had at all, it
    /// throws ProjectionStoreUnavailable.
    Projector(
        std::span<const ProjectionType* const> projections, ProjectionStore& store, LogReader& log,
        contract::EventSealer* sealer, ProjectorEvents events,
        const contract::EventCatalogue& catalogue = contract::event_catalogue()
    );
    ~Projector();
    Projector(const Projector&) = delete;
    Projector& operator=(const Projector&) = delete;

    /// Reads where the given partitions stand and owns them from now on, and no others. First, again after an
    /// exception, and whenever the partitions change.
    void open(std::span<const OwnedPartition> partitions);
    /// Owns all partitions, without leases.
    void open();

    /// The next line of each partition that comes over Kafka is the first of a reading: it is compared with
    /// the log's. open() implies it.
    void begin_reading();

    /// Applies lines in any mixture of partitions, each partition in order. Lines that all projections have,
    /// those of a superseded epoch and those of partitions that are not owned are dropped, missing ones are
    /// read from the log. A partition whose lease turns out to be lost is dropped, and the others go on.
    /// Throws ProjectionStoreUnavailable, ProjectorFenced, LogDiverged.
    void apply(std::span<const ProjectorLine> lines);

    /// Applies what the log holds of an owned partition beyond the checkpoints, at most `pages_max` times
    /// kLogPageEvents events. Answers the number of events read; fewer than that means up to the head.
    std::size_t catch_up(std::uint16_t partition, std::size_t pages_max = SIZE_MAX);

    /// What operators gave up of a projection, by its name with version: it is never applied from now on.
    void leave_out(std::string_view projection, std::span<const EventPlace> places);

    /// Tries the parked events of a projection again, those of one stream or of all, each stream in its
    /// order; for operators. What was given up leaves the queue without being applied.
    RetryResult retry_parked(std::string_view projection, std::optional<Uuid> stream = {});

    /// Looks for streams of owned partitions that an older binary parked because it did not know a type, in
    /// take_up() from now on; of those, too, that failed in a binary that had met an unknown type.
    void look_for_unknown();
    [[nodiscard]] bool has_unknown() const { return !unknown_.empty(); }
    /// Takes such streams up where this binary knows the type, in their order: one turn of at most
    /// kTakeUpEvents events of one projection and partition, in one transaction unless one of them fails.
    /// Where somebody else works on the projection it leaves them to the next look. Answers how many events
    /// left the queue. Throws ProjectionStoreUnavailable, and another std::exception when what operators gave
    /// up cannot be read; open() again then.
    std::size_t take_up();

    /// Of the whole log.
    [[nodiscard]] std::uint16_t partitions() const { return static_cast<std::uint16_t>(owned_.size()); }
    [[nodiscard]] std::uint32_t epoch() const { return epoch_; }
    [[nodiscard]] bool owns(std::uint16_t partition) const;
    /// The position that every projection has, of an owned partition.
    [[nodiscard]] std::uint64_t applied(std::uint16_t partition) const;
    /// The offset behind which Kafka is read on; nothing when that is not known.
    [[nodiscard]] std::optional<std::int64_t> kafka_offset(std::uint16_t partition) const;
    [[nodiscard]] ProjectorStatus status() const;

private:
    struct Decoded;
    struct Member;
    struct Work;
    struct Retry;

    void load_members();
    void load_epochs(std::span<const LogHead> log_heads);
    void drop_lost_leases();
    Decoded decode(const ProjectorLine& line);
    void apply_once(std::span<const ProjectorLine> lines);
    void fill(std::uint16_t partition, std::uint64_t until);
    bool is_superseded(const Decoded& event);
    void check_against_log(const ProjectorLine& line);
    void commit(std::span<const Decoded> events);
    void settle(std::span<const Decoded> events, std::span<const std::size_t> members);
    ApplyResult try_commit(std::vector<Work>& works);
    LogDiverged diverged(const ProjectionBatch& batch, const std::string& detail);
    void prefetch(std::vector<Work>& works);
    void reduce(Work& work);
    bool walk(Work& work, bool touching);
    void collect(const Work& work, ProjectionBatch& batch) const;
    void collect_applied(ProjectionBatch& batch) const;
    void committed(const ProjectionBatch& batch);
    bool retry_page(Retry& retry);
    void retry_until_settled(const ParkedEvent& parked, Retry& retry);
    void retry_event(const ParkedEvent& parked, Retry& retry);
    bool take_up_turn(Retry& retry);
    bool take_up_together(std::span<const ParkedEvent> queue, Retry& retry);
    bool unpark(std::span<const ParkedEvent> events, Retry& retry, const RowSet& rows, std::string& refusal);
    void note_unknown(const std::string& type);
    std::string try_parked(Member& member, const ParkedEvent& parked, RowSet& rows, std::string& detail);

    ProjectionStore& store_;
    LogReader& log_;
    contract::EventSealer* sealer_;
    ProjectorEvents events_;
    const contract::EventCatalogue& catalogue_;
    contract::JsonDocument document_;
    std::vector<Member> members_;
    std::vector<std::pair<std::size_t, std::uint16_t>> unknown_;  ///< members and partitions to be taken up
    std::vector<std::string> unknown_types_;                      ///< met by this binary
    std::vector<std::optional<OwnedPartition>> owned_;            ///< by partition
    std::set<std::uint16_t> unchecked_;  ///< nothing of them has come over Kafka since the reading began
    std::vector<LogEpoch> epochs_;
    std::uint32_t epoch_{1};
    ProjectorStatus totals_;
};

}  // namespace annals
