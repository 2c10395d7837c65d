#include "infra/app/kafka_side.hpp"

#include "commands/kernel/keyring.hpp"
#include "infra/kafka/embedded_broker.hpp"
#include "infra/kafka/relay.hpp"
#include "infra/postgres/pg_event_store.hpp"
#include "infra/postgres/pg_relay_log.hpp"
#include "infra/postgres/projection_store.hpp"
#include "infra/projector/projector_service.hpp"
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

std::string describe(const projector::ServiceStatus& status) {
    std::string text(to_string(status.state));
    std::uint64_t parked = 0;
    for (const ProjectionStatus& projection : status.projector.projections)
        parked += projection.parked_events;
    if (parked > 0) text += "; " + std::to_string(parked) + " parked events";
    if (!status.last_error.empty()) text += "; " + status.last_error;
    return text;
}

bool is_well(projector::ServiceState state) {
    return state == projector::ServiceState::running || state == projector::ServiceState::standby;
}

}  // namespace

struct KafkaSide::Impl {
    explicit Impl(Options given) : options(std::move(given)) {
        const std::string& configured = options.config->text("kafka");
        const std::string& topic = options.config->text("topic");
        if (configured.empty()) {
            embedded = std::make_unique<kafka::EmbeddedBroker>(options.partitions, log_sink(), topic);
            address = embedded->address();
        } else {
            address = {kafka::BrokerKind::real, configured};
        }
        if (options.relay) {
            log = pg::make_pg_relay_log(options.dsn);
            kafka::RelaySettings settings;
            settings.broker = address;
            settings.topic = topic;
            settings.partitions = options.partitions;
            relay = std::make_unique<kafka::Relay>(settings, *log, log_sink());
        }
        if (options.projector) make_projector(topic);
    }

    void make_projector(const std::string& topic) {
        keys = pg::make_pg_event_store(options.dsn);
        keyring = std::make_unique<Keyring>(*options.cryptography, [this](std::span<const Uuid> subjects) {
            return keys->find_subject_keys(subjects);
        });
        const std::string member = projector::make_member_name();
        service = std::make_unique<projector::ProjectorService>(
            projector::ServiceSettings{{address, topic, "annals-projector"}}, projection_catalogue(),
            pg::make_leased_projection_store(options.dsn, member), pg::make_log_reader(options.dsn),
            std::make_unique<projector::LeaseKeeper>(options.dsn, member), keyring.get(),
            projector::ServiceEvents{options.applied, log_sink()}
        );
    }

    Options options;
    std::unique_ptr<kafka::EmbeddedBroker> embedded;
    kafka::BrokerAddress address;
    std::unique_ptr<kafka::RelayLog> log;
    std::unique_ptr<kafka::Relay> relay;
    std::unique_ptr<EventStore> keys;
    std::unique_ptr<Keyring> keyring;
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

void KafkaSide::appended() {
    if (impl_->relay) impl_->relay->notify();
}

std::string KafkaSide::bootstrap() const {
    return impl_->address.bootstrap;
}

std::vector<Check> KafkaSide::checks() const {
    std::vector<Check> checks;
    if (impl_->relay) {
        const kafka::RelayStatus status = impl_->relay->status();
        const bool started =
            status.phase == kafka::RelayPhase::publishing || status.phase == kafka::RelayPhase::standby;
        checks.push_back({"relay", started && status.healthy(), describe(status)});
    }
    if (impl_->service) {
        const projector::ServiceStatus status = impl_->service->status();
        checks.push_back({"projector", is_well(status.state), describe(status)});
    }
    return checks;
}

void KafkaSide::update_metrics(runtime::Metrics& metrics) const {
    if (impl_->relay) {
        const kafka::RelayStatus status = impl_->relay->status();
        double behind = 0;
        for (const auto& partition : status.partitions) {
            behind += static_cast<double>(partition.head - std::min(partition.head, partition.published));
        }
        metrics.gauge("annals_relay_behind_events", "Events of the log that are not on Kafka").set(behind);
        metrics.gauge("annals_relay_records", "Records published since start")
            .set(static_cast<double>(status.records_total));
        metrics.gauge("annals_relay_failures", "Sessions with the broker that failed")
            .set(static_cast<double>(status.failures_total));
    }
    if (!impl_->service) return;
    const projector::ServiceStatus status = impl_->service->status();
    metrics.gauge("annals_projector_events", "Events applied since start")
        .set(static_cast<double>(status.projector.events_total));
    for (const ProjectionStatus& projection : status.projector.projections) {
        const runtime::MetricLabels labels{{"projection", projection.projection}};
        metrics.gauge("annals_projection_parked_events", "Events that could not be applied", labels)
            .set(static_cast<double>(projection.parked_events));
        for (const auto& [partition, position] : projection.positions) {
            metrics
                .gauge(
                    "annals_projection_position", "Position applied",
                    {{"projection", projection.projection}, {"partition", std::to_string(partition)}}
                )
                .set(static_cast<double>(position));
        }
    }
}

}  // namespace annals::app
