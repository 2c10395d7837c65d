#include "infra/app/kafka_side.hpp"

#include "infra/app/log_sealer.hpp"
#include "infra/kafka/embedded_broker.hpp"
#include "infra/kafka/fresh_lines.hpp"
#include "infra/kafka/relay.hpp"
#include "infra/postgres/pg_relay_log.hpp"
#include "infra/postgres/projection_store.hpp"
#include "infra/projector/projector_service.hpp"
#include "infra/runtime/config_error.hpp"
#include "infra/runtime/log.hpp"
#include "projections/catalogue.hpp"

namespace annals::app {
namespace {

runtime::Level level_of(kafka::Severity severity) {
    switch (severity) {
        case kafka::Severity::debug:
            return runtime::Level::debug;
        case kafka::Severity::info:
            return runtime::Level::info;
        case kafka::Severity::warning:
            return runtime::Level::warning;
        case kafka::Severity::error:
            return runtime::Level::error;
    }
    return runtime::Level::error;
}

kafka::LogSink log_sink() {
    return [](kafka::Severity severity, std::string_view code, const std::string& message) {
        runtime::log(level_of(severity), code, message);
    };
}

std::string describe(const kafka::RelayStatus& status) {
    std::string text(to_string(status.phase));
    text += status.broker == kafka::BrokerKind::embedded
                ? ", broker in memory: it holds the last few thousand events"
                : ", broker real";
    if (!status.message.empty()) text += "; " + status.message;
    for (std::size_t i = 0; i < status.partitions.size(); ++i) {
        const auto& partition = status.partitions[i];
        if (partition.state == kafka::RelayPartitionState::current) continue;
        text += "; partition " + std::to_string(i) + " " + std::string(to_string(partition.state)) + " " +
                std::to_string(partition.published) + "/" + std::to_string(partition.head);
        if (!partition.message.empty()) text += ": " + partition.message;
    }
    return text;
}

std::string describe(const projector::ServiceStatus& status, const std::string& member) {
    std::string text(to_string(status.state));
    std::string partitions;
    if (!status.projector.projections.empty()) {
        for (const auto& [partition, position] : status.projector.projections.front().positions) {
            partitions += (partitions.empty() ? "" : ",") + std::to_string(partition);
        }
    }
    text += partitions.empty() ? ", no partitions" : ", partitions " + partitions;
    text += " as " + member;
    if (status.broker_away) text += "; no broker can be reached, the log is read instead";
    if (status.broker_silent && !status.broker_away)
        text += "; the broker does not bring what the log has, which is read instead";
    for (const auto& [partition, reason] : status.refused)
        text += "; topic refused in partition " + std::to_string(partition) + ": " + reason;
    for (const auto& [partition, reason] : status.set_aside)
        text += "; partition " + std::to_string(partition) + " stands still: " + reason;
    if (!status.last_error.empty()) text += "; " + status.last_error;
    return text;
}

/// Queries are served from what is projected already, so a projector in trouble costs freshness and no more.
/// Only one that has never been up to date keeps its process out of service.
Health health_of(const projector::ServiceStatus& status) {
    if (status.state == projector::ServiceState::stopped) return Health::failing;
    if (!status.was_running) return Health::failing;
    const bool well = status.state == projector::ServiceState::running ||
                      status.state == projector::ServiceState::standby ||
                      status.state == projector::ServiceState::catching_up;
    const bool follows =
        !status.broker_away && !status.broker_silent && status.refused.empty() && status.set_aside.empty();
    return well && follows ? Health::ok : Health::degraded;
}

/// Commands are taken and the log grows while nothing is published.
Health health_of(const kafka::RelayStatus& status) {
    if (status.phase == kafka::RelayPhase::stopped) return Health::failing;
    return status.healthy() ? Health::ok : Health::degraded;
}

}  // namespace

struct KafkaSide::Impl {
    explicit Impl(Options given) : options(std::move(given)) { make(); }

    void make() {
        const std::string& configured = options.config->text("kafka");
        const std::string& topic = options.config->text("topic");
        if (options.relay != options.projector && configured.empty()) {
            throw runtime::ConfigError(
                "relay and projector in different processes need a broker that both reach: set --kafka"
            );
        }
        if (!options.relay && !options.projector) return;
        if (configured.empty()) {
            embedded = std::make_unique<kafka::EmbeddedBroker>(options.partitions, log_sink(), topic);
            address = embedded->address();
        } else {
            address = {kafka::BrokerKind::real, configured};
        }
        if (options.relay) {
            log = kafka::make_fresh_first_log(pg::make_pg_relay_log(options.dsn), fresh);
            kafka::RelaySettings settings;
            settings.broker = address;
            settings.topic = topic;
            settings.partitions = options.partitions;
            relay = std::make_unique<kafka::Relay>(settings, *log, log_sink());
        }
        if (options.projector) make_projector(topic);
    }

    void make_projector(const std::string& topic) {
        sealer = std::make_unique<LogSealer>(options.dsn, *options.cryptography);
        const std::string member = projector::make_member_name();
        service = std::make_unique<projector::ProjectorService>(
            projector::ServiceSettings{{address, topic, "annals-projector"}}, projection_catalogue(),
            pg::make_leased_projection_store(options.dsn, member), pg::make_log_reader(options.dsn),
            std::make_unique<projector::LeaseKeeper>(options.dsn, member), sealer.get(),
            projector::ServiceEvents{options.applied, log_sink()}
        );
    }

    Options options;
    std::unique_ptr<kafka::EmbeddedBroker> embedded;
    kafka::BrokerAddress address;
    kafka::FreshLines fresh;
    std::unique_ptr<kafka::RelayLog> log;
    std::unique_ptr<kafka::Relay> relay;
    std::unique_ptr<LogSealer> sealer;
    std::unique_ptr<projector::ProjectorService> service;
};

KafkaSide::KafkaSide(Options options) : impl_(std::make_unique<Impl>(std::move(options))) {}
KafkaSide::~KafkaSide() = default;

void KafkaSide::start() {
    if (impl_->relay) impl_->relay->start();
    if (impl_->service) impl_->service->start();
}

void KafkaSide::stop() {
    if (impl_->relay) impl_->relay->stop();
    if (impl_->service) impl_->service->stop();
}

void KafkaSide::appended(std::vector<EventRow> events) noexcept {
    if (!impl_->relay) return;
    impl_->fresh.add(std::move(events));
    impl_->relay->notify();
}

std::string KafkaSide::bootstrap() const {
    return impl_->address.bootstrap;
}

std::vector<Check> KafkaSide::checks() const {
    std::vector<Check> checks;
    if (impl_->relay) {
        const kafka::RelayStatus status = impl_->relay->status();
        checks.push_back({"relay", health_of(status), describe(status)});
    }
    if (impl_->service) {
        const projector::ServiceStatus status = impl_->service->status();
        checks.push_back({"projector", health_of(status), describe(status, impl_->service->member())});
    }
    return checks;
}

void KafkaSide::update_metrics(runtime::Metrics& metrics) const {
    if (impl_->relay) {
        const kafka::RelayStatus status = impl_->relay->status();
        metrics.gauge("annals_relay_behind_events", "Events of the log that are not on Kafka")
            .set(static_cast<double>(status.behind()));
        metrics.gauge("annals_relay_records", "Records published since start")
            .set(static_cast<double>(status.records_total));
        metrics.gauge("annals_relay_failures", "Sessions with the broker that failed")
            .set(static_cast<double>(status.failures_total));
    }
    if (!impl_->service) return;
    const projector::ServiceStatus status = impl_->service->status();
    metrics.gauge("annals_projector_events", "Events applied since start")
        .set(static_cast<double>(status.projector.events_total));
    metrics.gauge("annals_projector_batches", "Transactions that applied them")
        .set(static_cast<double>(status.projector.batches_total));
    const auto held = status.projector.projections.empty()
                          ? std::size_t{0}
                          : status.projector.projections.front().positions.size();
    metrics.gauge("annals_projector_partitions", "Partitions that this process projects")
        .set(static_cast<double>(held));
    metrics.gauge("annals_projector_broker_up", "1 while the projector can reach a broker")
        .set(status.broker_away ? 0 : 1);
    metrics.gauge("annals_projector_refused_partitions", "Partitions whose topic is not that of the log")
        .set(static_cast<double>(status.refused.size()));
    metrics.gauge("annals_projector_partitions_set_aside", "Partitions that stand still while others go on")
        .set(static_cast<double>(status.set_aside.size()));
    metrics.gauge("annals_projector_assignments", "Times this process's partitions changed since start")
        .set(static_cast<double>(status.assignments_total));
    metrics.gauge("annals_projector_leases_lost", "Partitions found taken over since start")
        .set(static_cast<double>(status.projector.leases_lost_total));
    metrics.gauge("annals_projector_failures", "Failures that the projector recovered from since start")
        .set(static_cast<double>(status.failures_total));
}

}  // namespace annals::app
