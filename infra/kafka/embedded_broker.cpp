#include "infra/kafka/embedded_broker.hpp"

#include "infra/kafka/client.hpp"

#include <arpa/inet.h>
#include <bit>
#include <fmt/format.h>
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdexcept>
#include <sys/socket.h>

namespace annals::kafka {
namespace {

constexpr int kOpenFilesScannedMax = 4'096;

/// The broker answers in two small writes. Without TCP_NODELAY the second waits for the client's delayed
/// acknowledgement, which makes every request take 40 ms. librdkafka has no switch for its broker's side, but
/// accepted sockets inherit the option from the listening one, which is a descriptor of this process.
void disable_nagle(const std::string& bootstrap) {
    const auto port = static_cast<std::uint16_t>(std::stoul(bootstrap.substr(bootstrap.rfind(':') + 1)));
    for (int file = 0; file < kOpenFilesScannedMax; ++file) {
        int listening = 0;
        socklen_t size = sizeof listening;
        if (getsockopt(file, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) != 0 || listening == 0) continue;
        sockaddr_storage bound{};
        socklen_t bound_size = sizeof bound;
        if (getsockname(file, std::bit_cast<sockaddr*>(&bound), &bound_size) != 0) continue;
        if (bound.ss_family != AF_INET || ntohs(std::bit_cast<sockaddr_in*>(&bound)->sin_port) != port)
            continue;
        const int on = 1;
        setsockopt(file, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        return;
    }
}

}  // namespace

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
    disable_nagle(bootstrap());
}

EmbeddedBroker::~EmbeddedBroker() = default;

std::string EmbeddedBroker::bootstrap() const {
    return rd_kafka_mock_cluster_bootstraps(impl_->cluster.get());
}

}  // namespace annals::kafka
