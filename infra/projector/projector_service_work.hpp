#pragma once

/// Private to the projector service's .cpp files.

#include "infra/projector/projector_service.hpp"
#include "infra/projector/set_aside.hpp"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <set>
#include <thread>
#include <utility>
#include <vector>

namespace annals::projector {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

inline constexpr std::size_t kUnknownTypesTold = 100;  ///< each gets a log line, further ones none
inline constexpr milliseconds kTakeUpEvery{2'000};     ///< between looks for what older processes parked

struct ProjectorService::Impl {
    Impl(
        ServiceSettings settings, std::span<const ProjectionType* const> projections,
        std::unique_ptr<ProjectionStore> given_store, std::unique_ptr<LogReader> given_log,
        std::unique_ptr<LeaseKeeper> given_leases, contract::EventSealer* sealer, ServiceEvents given_events,
        const contract::EventCatalogue& catalogue
    )
        : events(std::move(given_events)),
          store(std::move(given_store)),
          log(std::move(given_log)),
          leases(std::move(given_leases)),
          consumer_settings(std::move(settings.consumer)),
          projector(
              projections, *store, *log, sealer,
              {events.applied, [this](const ParkedEvent& parked) { tell_parked(parked); }}, catalogue
          ) {}

    void run();
    void work();
    void follow_leases();
    void open(const LeasesHeld& held);
    void connect();
    void catch_up_a_page();
    void catch_up_a_page(std::uint16_t partition);
    void set_aside(std::uint16_t partition, const std::exception& failure);
    void take_up();
    /// Something to do, even if Kafka brings nothing.
    [[nodiscard]] bool has_more() const { return !behind.empty() || projector.has_unknown(); }
    void poll();
    void apply(std::vector<kafka::ConsumedRecord> records);
    void read_from_log(const std::vector<std::uint16_t>& gone);
    void check_log();
    void failed(const std::exception& failure);
    void refuse(const LogDiverged& diverged);
    void tell_parked(const ParkedEvent& parked);
    void tell_unknown(const ParkedEvent& parked);
    void tell(kafka::Severity severity, std::string_view code, std::string message) const {
        if (events.log) events.log(severity, code, std::move(message));
    }
    void set_state(ServiceState state);
    void set_working() { set_state(behind.empty() ? ServiceState::running : ServiceState::catching_up); }
    void wait(milliseconds how_long);
    void leases_changed();

    ServiceEvents events;
    std::unique_ptr<ProjectionStore> store;
    std::unique_ptr<LogReader> log;
    std::unique_ptr<LeaseKeeper> leases;
    kafka::ConsumerSettings consumer_settings;
    /// A new one for each assignment: librdkafka 2.0.2 can abort when partitions are assigned again while
    /// their first assignment is still under way. Null while there is nothing to read.
    std::unique_ptr<kafka::EventConsumer> consumer;
    Projector projector;

    // Of the service's thread alone.
    bool must_open{true};
    std::uint64_t revision{0};  ///< of the leases that are open
    std::uint32_t epoch{0};     ///< of the log when they were opened
    std::set<std::uint16_t> owned;
    std::vector<OwnedPartition> opened;            ///< the same, with their leases
    std::set<std::uint16_t> behind;                ///< being read from the log, page by page
    SetAside aside;                                ///< not in `behind`, but while they are tried again
    std::map<std::uint16_t, std::string> refused;  ///< see ServiceStatus
    std::map<std::uint16_t, std::optional<std::int64_t>> gone_offsets;  ///< stored ones that are of no use
    std::map<std::uint16_t, steady_clock::time_point> heard;            ///< when Kafka brought something
    steady_clock::time_point checked_at;
    std::set<std::string> unknown_told;  ///< types
    std::size_t taken_up{0};             ///< parked events, since that was told
    std::string take_up_failure;         ///< told already
    steady_clock::time_point look_at;    ///< when to look for more of them

    std::atomic<bool> stopping{false};
    std::atomic<bool> changed{false};  ///< the leases, since they were looked at
    mutable std::mutex mutex;
    std::condition_variable woken;
    ServiceStatus status;
    std::thread thread;
};

}  // namespace annals::projector
