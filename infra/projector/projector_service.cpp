#include "infra/projector/projector_service.hpp"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

namespace annals::projector {

using kafka::Severity;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

std::string_view to_string(ServiceState state) {
    switch (state) {
        case ServiceState::starting: return "starting";
        case ServiceState::standby: return "standby";
        case ServiceState::catching_up: return "catching_up";
        case ServiceState::running: return "running";
        case ServiceState::failing: return "failing";
        case ServiceState::stopped: return "stopped";
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
          consumer(std::move(settings.consumer), events.log),
          projector(
              projections, *store, *log, sealer,
              {events.applied, [this](const ParkedEvent& parked) { tell_parked(parked); }}, catalogue
          ) {}

    void run();
    void work();
    bool lead();
    void open();
    void check_log();
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
    kafka::EventConsumer consumer;
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
    consumer.assign({});
    set_state(ServiceState::stopped);
}

void ProjectorService::Impl::work() {
    if (!lead()) return;
    open();
    auto quiet_since = steady_clock::now();
    while (!stopping) {
        kafka::PollResult polled = consumer.poll(kBatchEventsMax, kBatchBytesMax, kPollWait);
        for (const std::uint16_t partition : polled.offset_gone) {
            tell(
                Severity::info, "PROJ-b95a",
                "the topic no longer holds the next record of partition " + std::to_string(partition) +
                    "; reading the log instead"
            );
            projector.catch_up(partition);
            consumer.restart({partition, {}});
        }
        if (!polled.records.empty()) {
            apply(std::move(polled.records));
            set_state(ServiceState::running);
            quiet_since = steady_clock::now();
        } else if (steady_clock::now() - quiet_since > kQuietBeforeLogCheck) {
            check_log();
            quiet_since = steady_clock::now();
        }
    }
}

bool ProjectorService::Impl::lead() {
    if (store->lead()) return true;
    set_state(ServiceState::standby);
    wait(kStandbyWait);
    return false;
}

void ProjectorService::Impl::open() {
    projector.open();
    set_state(ServiceState::catching_up);
    std::vector<kafka::ConsumerStart> starts;
    for (std::uint16_t partition = 0; partition < projector.partitions() && !stopping; ++partition) {
        // Whoever waits for a position that was applied before this process began is told now.
        if (events.applied) events.applied({projector.epoch(), partition, projector.applied(partition)});
        projector.catch_up(partition);
        kafka::ConsumerStart start{partition, {}};
        if (const auto offset = projector.kafka_offset(partition)) start.next_offset = *offset + 1;
        starts.push_back(start);
    }
    consumer.assign(starts);
    set_state(ServiceState::running);
}

/// Finds what Kafka owes us: a broker that is away, a relay that stands still, a topic of another log.
void ProjectorService::Impl::check_log() {
    std::size_t behind = 0;
    for (std::uint16_t partition = 0; partition < projector.partitions(); ++partition) {
        behind += projector.catch_up(partition);
    }
    if (behind == 0) {
        if (!store->lead()) throw ProjectorFenced("another process leads the projections");
        return;
    }
    tell(
        Severity::warning, "PROJ-e04d",
        "Kafka brought nothing for " + std::to_string(kQuietBeforeLogCheck.count()) + " ms, but the log had " +
            std::to_string(behind) + " events more; they were read from there"
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
          std::move(settings), projections, std::move(store), std::move(log), sealer, std::move(events), catalogue
      )) {}

ProjectorService::~ProjectorService() { stop(); }

void ProjectorService::start() {
    impl_->thread = std::thread([this] { impl_->run(); });
}

void ProjectorService::stop() {
    {
        const std::scoped_lock lock(impl_->mutex);
        impl_->stopping = true;
    }
    impl_->stop_asked.notify_all();
    impl_->consumer.wake();
    if (impl_->thread.joinable()) impl_->thread.join();
}

ServiceStatus ProjectorService::status() const {
    const std::scoped_lock lock(impl_->mutex);
    return impl_->status;
}

}  // namespace annals::projector
