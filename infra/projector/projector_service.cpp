#include "infra/projector/projector_service.hpp"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <set>
#include <thread>
#include <utility>

namespace annals::projector {

using kafka::Severity;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

std::string_view to_string(ServiceState state) {
    switch (state) {
        case ServiceState::starting:
            return "starting";
        case ServiceState::standby:
            return "standby";
        case ServiceState::catching_up:
            return "catching_up";
        case ServiceState::running:
            return "running";
        case ServiceState::failing:
            return "failing";
        case ServiceState::stopped:
            return "stopped";
    }
    return "stopped";
}

struct ProjectorService::Impl {
    Impl(
        ServiceSettings settings, std::span<const ProjectionType* const> projections,
        std::unique_ptr<ProjectionStore> given_store, std::unique_ptr<LogReader> given_log,
        contract::EventSealer* sealer, ServiceEvents given_events, const contract::EventCatalogue& catalogue
    )
        : events(std::move(given_events)),
          store(std::move(given_store)),
          log(std::move(given_log)),
          consumer_settings(std::move(settings.consumer)),
          projector(
              projections, *store, *log, sealer,
              {events.applied, [this](const ParkedEvent& parked) { tell_parked(parked); }}, catalogue
          ) {}

    void run();
    void work();
    void open();
    void check_log();
    void connect();
    bool offsets_hold(const std::vector<std::uint16_t>& gone);
    void apply(std::vector<kafka::ConsumedRecord> records);
    void tell_parked(const ParkedEvent& parked) const;
    void tell(Severity severity, std::string_view code, std::string message) const {
        if (events.log) events.log(severity, code, std::move(message));
    }
    void set_state(ServiceState state);
    void wait(milliseconds how_long);

    ServiceEvents events;
    std::unique_ptr<ProjectionStore> store;
    std::unique_ptr<LogReader> log;
    kafka::ConsumerSettings consumer_settings;
    /// A new one for each session: librdkafka 2.0.2 can abort when partitions are assigned again while their
    /// first assignment is still under way.
    std::unique_ptr<kafka::EventConsumer> consumer;
    std::set<std::uint16_t> offset_gone;  ///< partitions whose stored offset is of no use
    Projector projector;

    std::atomic<bool> stopping{false};
    mutable std::mutex mutex;
    std::condition_variable stop_asked;
    ServiceStatus status;
    std::thread thread;
};

void ProjectorService::Impl::set_state(ServiceState state) {
    const std::scoped_lock lock(mutex);
    status.state = state;
    status.projector = projector.status();
    if (state == ServiceState::running) status.last_error.clear();
}

void ProjectorService::Impl::wait(milliseconds how_long) {
    std::unique_lock lock(mutex);
    stop_asked.wait_for(lock, how_long, [this] { return stopping.load(); });
}

void ProjectorService::Impl::tell_parked(const ParkedEvent& parked) const {
    tell(
        Severity::error, "PROJ-7c21",
        "projection " + parked.projection + " parked stream " + parked.stream.to_string() + " at partition " +
            std::to_string(parked.partition) + " position " + std::to_string(parked.position) + " (" +
            parked.event_type + "): " + parked.code + ": " + parked.detail
    );
}

/// One unit of work after another; the one place where what went wrong is caught.
void ProjectorService::Impl::run() {
    milliseconds back_off = kBackOffMin;
    while (!stopping) {
        const auto began = steady_clock::now();
        try {
            work();
            continue;
        } catch (const std::exception& failure) {
            const std::scoped_lock lock(mutex);
            status.state = ServiceState::failing;
            status.last_error = failure.what();
            ++status.failures_total;
        }
        tell(Severity::warning, "PROJ-20fe", "projecting failed and is tried again: " + status.last_error);
        if (steady_clock::now() - began > kBackOffMax) back_off = kBackOffMin;
        wait(back_off);
        back_off = std::min(back_off * 2, kBackOffMax);
    }
    set_state(ServiceState::stopped);
}

void ProjectorService::Impl::work() {
    open();
    auto quiet_since = steady_clock::now();
    while (!stopping) {
        kafka::PollResult polled = consumer->poll(kBatchEventsMax, kBatchBytesMax, kPollWait);
        if (!polled.records.empty()) {
            const auto began = steady_clock::now();
            const bool small = polled.records.size() < kBatchEventsWorthwhile;
            apply(std::move(polled.records));
            set_state(ServiceState::running);
            quiet_since = steady_clock::now();
            if (small)
                wait(std::max(
                    milliseconds(0), std::chrono::ceil<milliseconds>(began + kCommitGap - quiet_since)
                ));
        } else if (steady_clock::now() - quiet_since > kQuietBeforeLogCheck) {
            check_log();
            quiet_since = steady_clock::now();
        }
        if (!offsets_hold(polled.offset_gone)) connect();
    }
}

/// False when the topic no longer holds where a partition was to be read on. What is missing comes from the
/// log.
bool ProjectorService::Impl::offsets_hold(const std::vector<std::uint16_t>& gone) {
    for (const std::uint16_t partition : gone) {
        tell(
            Severity::info, "PROJ-b95a",
            "the topic does not hold the stored offset of partition " + std::to_string(partition) +
                "; it is read from its beginning, and the log gives what is missing"
        );
        offset_gone.insert(partition);
        projector.catch_up(partition);
    }
    return gone.empty();
}

void ProjectorService::Impl::open() {
    projector.open();
    set_state(ServiceState::catching_up);
    for (std::uint16_t partition = 0; partition < projector.partitions() && !stopping; ++partition) {
        // Whoever waits for a position that was applied before this process began is told now.
        if (events.applied) events.applied({projector.epoch(), partition, projector.applied(partition)});
        projector.catch_up(partition);
    }
    connect();
    set_state(ServiceState::running);
}

void ProjectorService::Impl::connect() {
    // Offsets of an embedded broker mean nothing after it ended, and it holds little enough to be read whole.
    const bool lasting = consumer_settings.broker.kind == kafka::BrokerKind::real;
    std::vector<kafka::ConsumerStart> starts;
    for (std::uint16_t partition = 0; partition < projector.partitions(); ++partition) {
        kafka::ConsumerStart start{partition, {}};
        const auto offset = projector.kafka_offset(partition);
        if (lasting && offset && !offset_gone.contains(partition)) start.next_offset = *offset + 1;
        starts.push_back(start);
    }
    auto next = std::make_unique<kafka::EventConsumer>(consumer_settings, events.log);
    next->assign(starts);
    const std::scoped_lock lock(mutex);
    consumer.swap(next);
}

/// Finds what Kafka owes us: a broker that is away, a relay that stands still, a topic of another log.
void ProjectorService::Impl::check_log() {
    std::size_t behind = 0;
    for (std::uint16_t partition = 0; partition < projector.partitions(); ++partition) {
        behind += projector.catch_up(partition);
    }
    if (behind == 0) return;
    tell(
        Severity::warning, "PROJ-e04d",
        "Kafka brought nothing for " + std::to_string(kQuietBeforeLogCheck.count()) +
            " ms, but the log had " + std::to_string(behind) + " events more; they were read from there"
    );
    {
        const std::scoped_lock lock(mutex);
        ++status.log_checks_behind_total;
    }
    set_state(ServiceState::running);
}

void ProjectorService::Impl::apply(std::vector<kafka::ConsumedRecord> records) {
    std::vector<ProjectorLine> lines;
    lines.reserve(records.size());
    for (kafka::ConsumedRecord& record : records) {
        lines.push_back({record.partition, record.position, record.offset, std::move(record.line)});
    }
    projector.apply(lines);
}

ProjectorService::ProjectorService(
    ServiceSettings settings, std::span<const ProjectionType* const> projections,
    std::unique_ptr<ProjectionStore> store, std::unique_ptr<LogReader> log, contract::EventSealer* sealer,
    ServiceEvents events, const contract::EventCatalogue& catalogue
)
    : impl_(std::make_unique<Impl>(
          std::move(settings), projections, std::move(store), std::move(log), sealer, std::move(events),
          catalogue
      )) {}

ProjectorService::~ProjectorService() {
    stop();
}

void ProjectorService::start() {
    impl_->thread = std::thread([this] { impl_->run(); });
}

void ProjectorService::stop() {
    {
        const std::scoped_lock lock(impl_->mutex);
        impl_->stopping = true;
        if (impl_->consumer) impl_->consumer->wake();
    }
    impl_->stop_asked.notify_all();
    if (impl_->thread.joinable()) impl_->thread.join();
}

ServiceStatus ProjectorService::status() const {
    const std::scoped_lock lock(impl_->mutex);
    return impl_->status;
}

}  // namespace annals::projector
