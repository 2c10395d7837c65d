#pragma once

#include "infra/kafka/event_consumer.hpp"
#include "infra/projector/lease_keeper.hpp"
#include "projections/kernel/projector.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>

namespace annals::projector {

inline constexpr std::size_t kBatchEventsMax = 2'000;
inline constexpr std::size_t kBatchBytesMax = 8 * 1024 * 1024;
/// Every commit moves each projection's checkpoint, so small batches are dear: after one, the next begins no
/// sooner than this after it began, or than twice the time it took, and takes what came meanwhile. So the
/// pieces grow with the load, and what is bounded is how much later queries show it.
inline constexpr std::size_t kBatchEventsWorthwhile = 500;
inline constexpr std::chrono::milliseconds kCommitGapMin{10};
inline constexpr std::chrono::milliseconds kCommitGapMax{25};
/// How long a poll of Kafka waits for a first record. A record that comes wakes it.
inline constexpr std::chrono::milliseconds kPollWait{500};
/// When nothing comes of a partition for so long, the log is asked whether Kafka owes us something.
inline constexpr std::chrono::milliseconds kQuietBeforeLogCheck{3'000};
/// How long a broker that seems to be away is asked, with each log check.
inline constexpr std::chrono::milliseconds kProbeWait{200};
/// After a failure: doubles from the first to the second.
inline constexpr std::chrono::milliseconds kBackOffMin{100};
inline constexpr std::chrono::milliseconds kBackOffMax{2'000};

enum class ServiceState : std::uint8_t {
    starting,
    standby,      ///< other processes hold all partitions
    catching_up,  ///< reading the log up to its head in some partitions
    running,
    failing,  ///< backing off; see `last_error`
    stopped
};
std::string_view to_string(ServiceState state);

struct ServiceStatus {
    ServiceState state{ServiceState::starting};
    bool was_running{false};    ///< it has been running or standby since it started
    std::string last_error{};   ///< for operators; empty after the next success
    bool broker_away{false};    ///< no broker can be reached
    bool broker_silent{false};  ///< the log had events that Kafka did not bring; nothing came from it since
    /// Partitions whose topic is not that of the log, and why. They are read from the log alone.
    std::map<std::uint16_t, std::string> refused{};
    /// Partitions that cannot go on, because the log has a hole for instance, and why. They are tried again
    /// from time to time; see SetAside.
    std::map<std::uint16_t, std::string> set_aside{};
    std::uint64_t failures_total{0};
    std::uint64_t log_checks_behind_total{0};  ///< log checks that found events Kafka had not brought
    std::uint64_t assignments_total{0};        ///< times the partitions changed
    ProjectorStatus projector{};
};

struct ServiceSettings {
    kafka::ConsumerSettings consumer;
};

/// What the service tells. Called on its thread (parked, applied) or on any (log); must be quick and must not
/// throw.
struct ServiceEvents {
    std::function<void(const Position&)> applied;
    kafka::LogSink log;
};

/// A thread that keeps the query tables of its share of the partitions up to date: it catches up from the
/// log, then follows Kafka. Which partitions these are the lease keeper tells; when they change, the others
/// go on after a moment. Outages of PostgreSQL or the broker make it wait and go on; it never ends by itself.
/// The store, the log reader and the sealer are used by its thread alone.
class ProjectorService {
public:
    ProjectorService(
        ServiceSettings settings, std::span<const ProjectionType* const> projections,
        std::unique_ptr<ProjectionStore> store, std::unique_ptr<LogReader> log,
        std::unique_ptr<LeaseKeeper> leases, contract::EventSealer* sealer, ServiceEvents events,
        const contract::EventCatalogue& catalogue = contract::event_catalogue()
    );
    /// Stops.
    ~ProjectorService();
    ProjectorService(const ProjectorService&) = delete;
    ProjectorService& operator=(const ProjectorService&) = delete;

    void start();
    /// Finishes the batch that runs, gives the partitions up, so that other processes take them at once, and
    /// ends the thread. Any thread, any number of times.
    void stop();
    /// As of the last batch. Any thread.
    [[nodiscard]] ServiceStatus status() const;
    /// Under which this process holds its leases.
    [[nodiscard]] const std::string& member() const;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace annals::projector
