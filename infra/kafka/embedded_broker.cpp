#include "infra/kafka/embedded_broker.hpp"

#include "infra/kafka/client.hpp"

#include <fmt/format.h>
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <stdexcept>

namespace annals::kafka {

struct EmbeddedBroker::Impl {
    explicit Impl(LogSink log) : context(std::move(log)) {}

    ClientContext context;
    ClientHandle host;  // the instance whose threads run the broker; it is no client of it
    std::unique_ptr<rd_kafka_mock_cluster_t, decltype(&rd_kafka_mock_cluster_destroy)> cluster{
        nullptr, &rd_kafka_mock_cluster_destroy
    };
};

EmbeddedBroker::EmbeddedBroker(std::uint16_t partitions, LogSink log, std::string_view topic)
    : impl_(std::make_unique<Impl>(std::move(log))) {
    impl_->host = make_client(ClientType::producer, {}, {}, impl_->context);
    impl_->cluster.reset(rd_kafka_mock_cluster_new(impl_->host.get(), 1));
    if (!impl_->cluster) throw std::runtime_error("the embedded broker did not start");
    const auto error =
        rd_kafka_mock_topic_create(impl_->cluster.get(), std::string(topic).c_str(), partitions, 1);
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
        throw std::runtime_error(
            fmt::format("the embedded broker did not create topic {}: {}", topic, rd_kafka_err2str(error))
        );
    }
}

EmbeddedBroker::~EmbeddedBroker() = default;

std::string EmbeddedBroker::bootstrap() const {
    return rd_kafka_mock_cluster_bootstraps(impl_->cluster.get());
}

}  // namespace annals::kafka
