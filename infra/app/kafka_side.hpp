#pragma once

#include "commands/ports/environment.hpp"
#include "commands/ports/event_store.hpp"
#include "infra/app/health.hpp"
#include "infra/runtime/config.hpp"
#include "infra/runtime/metrics.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace annals::app {

/// The way from the log to Kafka and back into query tables: broker, relay and projector of one process.
class KafkaSide {
public:
    struct Options {
        const runtime::Config* config{nullptr};
        std::string dsn;  ///< of annals_engine
        std::uint16_t partitions{8};
        bool relay{false};
        bool projector{false};
        Cryptography* cryptography{nullptr};
        std::function<void(const Position&)> applied;
    };

    /// Without a configured broker, hosts the embedded one; throws runtime::ConfigError when only one of
    /// relay and projector runs here, because they could not meet there. With neither, it does nothing.
    explicit KafkaSide(Options options);
    ~KafkaSide();
    KafkaSide(const KafkaSide&) = delete;
    KafkaSide& operator=(const KafkaSide&) = delete;

    void start();
    void stop();
    /// This process has appended durable events; never blocks.
    void appended(std::vector<EventRow> events) noexcept;

    [[nodiscard]] std::string bootstrap() const;
    [[nodiscard]] std::vector<Check> checks() const;
    void update_metrics(runtime::Metrics& metrics) const;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace annals::app
