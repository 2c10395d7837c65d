#include "infra/projector/projector_service.hpp"

#include "domain/kernel/thread_name.hpp"
#include "infra/projector/projector_service_work.hpp"

#include <algorithm>
#include <utility>

namespace annals::projector {

using kafka::Severity;

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

void ProjectorService::Impl::set_state(ServiceState state) {
    const bool away = consumer && consumer->broker_away();
    const std::scoped_lock lock(mutex);
    status.state = state;
    status.projector = projector.status();
    status.refused = refused;
    status.set_aside = aside.reasons();
    status.broker_away = away;
    if (state != ServiceState::running && state != ServiceState::standby) return;
    status.last_error.clear();
    status.was_running = true;
}

void ProjectorService::Impl::wait(milliseconds how_long) {
    std::unique_lock lock(mutex);
    woken.wait_for(lock, how_long, [this] { return stopping.load() || changed.load(); });
}

void ProjectorService::Impl::leases_changed() {
    const std::scoped_lock lock(mutex);
    changed = true;
    if (consumer) consumer->wake();
    woken.notify_all();
}

void ProjectorService::Impl::tell_parked(const ParkedEvent& parked) {
    if (parked.code == kParkedUnknownType) {
        tell_unknown(parked);
        return;
    }
    tell(
        Severity::error, "PROJ-7c21",
        "projection " + parked.projection + " parked stream " + parked.stream.to_string() + " at partition " +
            std::to_string(parked.partition) + " position " + std::to_string(parked.position) + " (" +
            parked.event_type + "): " + parked.code + ": " + parked.detail
    );
}

/// Once for each type: a rolling restart can park many streams in all projections.
void ProjectorService::Impl::tell_unknown(const ParkedEvent& parked) {
    if (unknown_told.size() == kUnknownTypesTold || !unknown_told.insert(parked.event_type).second) return;
    tell(
        Severity::warning, "PROJ-58d1",
        "events of type " + parked.event_type +
            " are parked with their streams until a newer process takes " + "them up: " + parked.detail
    );
}

/// One unit of work after another; the one place where what went wrong is caught.
void ProjectorService::Impl::run() {
    name_this_thread("projector");
    milliseconds back_off = kBackOffMin;
    while (!stopping) {
        try {
            work();
            back_off = kBackOffMin;
            continue;
        } catch (const LogDiverged& diverged) {
            refuse(diverged);
        } catch (const std::exception& failure) {
            failed(failure);
        }
        must_open = true;
        wait(back_off);
        back_off = std::min(back_off * 2, kBackOffMax);
    }
    // First of all: other processes wait for the partitions.
    leases->stop();
    set_state(ServiceState::stopped);
}

void ProjectorService::Impl::failed(const std::exception& failure) {
    {
        const std::scoped_lock lock(mutex);
        status.state = ServiceState::failing;
        status.last_error = failure.what();
        ++status.failures_total;
    }
    tell(
        Severity::warning, "PROJ-20fe", std::string("projecting failed and is tried again: ") + failure.what()
    );
    leases->look();
}

/// What the topic says of this partition is not what the log says. The log is right.
void ProjectorService::Impl::refuse(const LogDiverged& diverged) {
    tell(
        Severity::error, "PROJ-6d0b",
        std::string("the topic is refused in partition ") + std::to_string(diverged.partition) +
            ", which is read from the log alone until the log's epoch rises or the process starts anew: " +
            diverged.what()
    );
    refused[diverged.partition] = diverged.what();
}

void ProjectorService::Impl::work() {
    follow_leases();
    if (owned.empty()) {
        wait(kPollWait);
        return;
    }
    catch_up_a_page();
    take_up();
    poll();
    check_log();
}

void ProjectorService::Impl::follow_leases() {
    changed = false;
    const LeasesHeld held = leases->held();
    if (!must_open && held.revision == revision) return;
    // Nothing is under way now, so nothing will be written any more in partitions that were to be given up.
    if (!held.give_up.empty()) leases->given_up(held.give_up);
    open(held);
}

void ProjectorService::Impl::open(const LeasesHeld& held) {
    std::vector<OwnedPartition> partitions;
    std::set<std::uint16_t> numbers;
    for (const PartitionLease& lease : held.leases) {
        partitions.push_back({lease.partition, lease.epoch});
        numbers.insert(lease.partition);
    }
    projector.open(partitions);
    const auto given = [&](const auto& each) { return !numbers.contains(each.first); };
    std::erase_if(refused, given);
    aside.keep_only(numbers);
    std::erase_if(gone_offsets, given);
    if (std::exchange(epoch, projector.epoch()) != projector.epoch()) refused.clear();
    std::erase_if(behind, [&](std::uint16_t partition) { return !numbers.contains(partition); });
    for (const std::uint16_t partition : numbers) {
        if (!must_open && owned.contains(partition)) continue;
        if (!aside.contains(partition)) behind.insert(partition);
        // Whoever waits for a position that was applied before this process began is told now.
        if (events.applied) events.applied({projector.epoch(), partition, projector.applied(partition)});
    }
    owned = std::move(numbers);
    opened = std::move(partitions);
    connect();
    revision = held.revision;
    must_open = false;
    look_at = {};
    {
        const std::scoped_lock lock(mutex);
        ++status.assignments_total;
    }
    owned.empty() ? set_state(ServiceState::standby) : set_working();
}

void ProjectorService::Impl::connect() {
    // Offsets of an embedded broker mean nothing after it ended, and it holds little enough to be read whole.
    const bool lasting = consumer_settings.broker.kind == kafka::BrokerKind::real;
    std::vector<kafka::ConsumerStart> starts;
    for (const std::uint16_t partition : owned) {
        heard[partition] = steady_clock::now();
        if (refused.contains(partition)) continue;
        kafka::ConsumerStart start{partition, {}};
        const auto offset = projector.kafka_offset(partition);
        const auto gone = gone_offsets.find(partition);
        const bool useless = gone != gone_offsets.end() && gone->second == offset;
        if (lasting && offset && !useless) start.next_offset = *offset + 1;
        starts.push_back(start);
    }
    std::unique_ptr<kafka::EventConsumer> next;
    if (!starts.empty()) {
        next = std::make_unique<kafka::EventConsumer>(consumer_settings, events.log);
        next->assign(starts);
    }
    projector.begin_reading();
    const std::scoped_lock lock(mutex);
    consumer.swap(next);
}

/// One page of each partition that is behind, so that the others need not wait for all of it.
void ProjectorService::Impl::catch_up_a_page() {
    const auto now = steady_clock::now();
    for (const std::uint16_t partition : owned) {
        if (aside.contains(partition) && !aside.waits(partition, now)) behind.insert(partition);
    }
    if (behind.empty()) return;
    for (const std::uint16_t partition : std::set(behind)) catch_up_a_page(partition);
    set_working();
}

void ProjectorService::Impl::catch_up_a_page(std::uint16_t partition) {
    try {
        if (projector.catch_up(partition, 1) < kLogPageEvents) behind.erase(partition);
    } catch (const ProjectionStoreUnavailable&) {
        throw;  // it concerns all partitions
    } catch (const ProjectorFenced&) {
        throw;
    } catch (const std::exception& failure) {
        set_aside(partition, failure);
        return;
    }
    if (projector.owns(partition) && aside.restore(partition))
        tell(Severity::info, "PROJ-4a9e", "partition " + std::to_string(partition) + " goes on");
}

/// What an older process met during a rolling restart, and could not read.
void ProjectorService::Impl::take_up() {
    const auto now = steady_clock::now();
    if (now >= look_at) {
        projector.look_for_unknown();
        look_at = now + kTakeUpEvery;
    }
    try {
        const std::size_t events_taken = projector.take_up();
        taken_up += events_taken;
        if (events_taken > 0) take_up_failure.clear();
    } catch (const std::exception& failure) {
        if (take_up_failure != failure.what())
            tell(
                Severity::error, "PROJ-c6f2",
                std::string("parked streams cannot be taken up: ") + failure.what()
            );
        take_up_failure = failure.what();
        projector.open(opened);  // which waits for the next look, and fails when the store is away
    }
    if (projector.has_unknown() || taken_up == 0) return;
    tell(
        Severity::info, "PROJ-e3a8",
        "taken up what an older process had parked because it did not know the type of an event: " +
            std::to_string(std::exchange(taken_up, 0)) + " events, counted in each projection"
    );
}

/// A partition whose log has a hole, say, must not hold up the others.
void ProjectorService::Impl::set_aside(std::uint16_t partition, const std::exception& failure) {
    behind.erase(partition);
    if (aside.put(partition, failure.what(), steady_clock::now())) {
        tell(
            Severity::error, "PROJ-b17d",
            "partition " + std::to_string(partition) +
                " cannot go on; it is tried again from time to time, and the others go on: " + failure.what()
        );
    }
    projector.open(opened);  // as it must be after any exception
}

void ProjectorService::Impl::poll() {
    if (!consumer) {
        if (!has_more()) wait(kPollWait);
        return;
    }
    kafka::PollResult polled =
        consumer->poll(kBatchEventsMax, kBatchBytesMax, has_more() ? milliseconds(0) : kPollWait);
    if (!polled.records.empty()) {
        const auto began = steady_clock::now();
        const bool small = polled.records.size() < kBatchEventsWorthwhile;
        apply(std::move(polled.records));
        set_working();
        const auto took = std::chrono::ceil<milliseconds>(steady_clock::now() - began);
        const auto gap = std::clamp(2 * took, kCommitGapMin, kCommitGapMax);
        if (small && !has_more() && took < gap) wait(gap - took);
    }
    if (!polled.offset_gone.empty()) read_from_log(polled.offset_gone);
}

void ProjectorService::Impl::apply(std::vector<kafka::ConsumedRecord> records) {
    const auto now = steady_clock::now();
    std::vector<ProjectorLine> lines;
    lines.reserve(records.size());
    for (kafka::ConsumedRecord& record : records) {
        heard[record.partition] = now;
        // What comes meanwhile of a partition that is behind will be read from the log.
        if (behind.contains(record.partition) || aside.contains(record.partition)) continue;
        lines.push_back({record.partition, record.position, record.offset, std::move(record.line)});
    }
    try {
        projector.apply(lines);
    } catch (const LogDamaged& damage) {
        // What the others brought in this batch is read from the log.
        for (const ProjectorLine& line : lines) behind.insert(line.partition);
        set_aside(damage.partition, damage);
    }
    const std::scoped_lock lock(mutex);
    status.broker_silent = false;
}

/// The topic no longer holds where partitions were to be read on. What is missing comes from the log.
void ProjectorService::Impl::read_from_log(const std::vector<std::uint16_t>& gone) {
    for (const std::uint16_t partition : gone) {
        tell(
            Severity::info, "PROJ-b95a",
            "the topic does not hold the stored offset of partition " + std::to_string(partition) +
                "; it is read from its beginning, and the log gives what is missing"
        );
        gone_offsets[partition] = projector.kafka_offset(partition);
        behind.insert(partition);
    }
    connect();
}

/// Finds what Kafka owes us: a broker that is away, a relay that stands still, a topic of another log.
void ProjectorService::Impl::check_log() {
    const auto now = steady_clock::now();
    if (now - checked_at < kQuietBeforeLogCheck) return;
    checked_at = now;
    if (consumer) consumer->probe(kProbeWait);
    const std::vector<LogHead> heads = store->log_heads();
    std::uint64_t owed = 0;
    for (const std::uint16_t partition : owned) {
        if (partition >= heads.size()) continue;
        // The topic may be that of the log again.
        if (heads[partition].epoch > epoch) must_open = true;
        const std::uint64_t applied = projector.applied(partition);
        if (!projector.owns(partition) || heads[partition].position <= applied) continue;
        if (aside.contains(partition) || now - heard[partition] < kQuietBeforeLogCheck) continue;
        behind.insert(partition);
        if (!refused.contains(partition)) owed += heads[partition].position - applied;
    }
    bool was_silent = true;
    if (owed > 0) {
        const std::scoped_lock lock(mutex);
        ++status.log_checks_behind_total;
        was_silent = std::exchange(status.broker_silent, true);
    }
    if (!was_silent) {
        tell(
            Severity::warning, "PROJ-e04d",
            "Kafka brought nothing for " + std::to_string(kQuietBeforeLogCheck.count()) +
                " ms, but the log had " + std::to_string(owed) +
                " events more; they are read from there until it brings something"
        );
    }
    set_working();
}

ProjectorService::ProjectorService(
    ServiceSettings settings, std::span<const ProjectionType* const> projections,
    std::unique_ptr<ProjectionStore> store, std::unique_ptr<LogReader> log,
    std::unique_ptr<LeaseKeeper> leases, contract::EventSealer* sealer, ServiceEvents events,
    const contract::EventCatalogue& catalogue
)
    : impl_(std::make_unique<Impl>(
          std::move(settings), projections, std::move(store), std::move(log), std::move(leases), sealer,
          std::move(events), catalogue
      )) {}

ProjectorService::~ProjectorService() {
    stop();
}

void ProjectorService::start() {
    impl_->leases->start([this] { impl_->leases_changed(); });
    impl_->thread = std::thread([this] { impl_->run(); });
}

void ProjectorService::stop() {
    impl_->stopping = true;
    impl_->leases_changed();
    if (impl_->thread.joinable()) impl_->thread.join();
}

ServiceStatus ProjectorService::status() const {
    const std::scoped_lock lock(impl_->mutex);
    return impl_->status;
}

const std::string& ProjectorService::member() const {
    return impl_->leases->member();
}

}  // namespace annals::projector
