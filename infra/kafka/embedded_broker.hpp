#pragma once

#include "infra/kafka/broker.hpp"
#include "infra/kafka/log_sink.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace annals::kafka {

/// librdkafka's in-process broker on a loopback port that it picks itself. Other processes can read it (kcat
/// works), but it is a convenience and no store: it lives in memory, keeps about 5 MiB of each partition and
/// drops the oldest, and knows neither transactions nor fencing nor administration. It ends with this object,
/// which must therefore outlive every client of it in this process. Costs about 6 threads and 7 MB when
/// empty.
class EmbeddedBroker {
public:
    /// Starts the broker with one topic. Throws std::runtime_error when that fails.
    EmbeddedBroker(std::uint16_t partitions, LogSink log, std::string_view topic = kEventsTopic);
    ~EmbeddedBroker();
    EmbeddedBroker(const EmbeddedBroker&) = delete;
    EmbeddedBroker& operator=(const EmbeddedBroker&) = delete;

    /// "127.0.0.1:PORT"
    [[nodiscard]] std::string bootstrap() const;
    [[nodiscard]] BrokerAddress address() const { return {BrokerKind::embedded, bootstrap()}; }

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace annals::kafka
