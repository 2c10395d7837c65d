#include "infra/app/peer_side.hpp"

#include "api/kernel/peer_endpoint.hpp"
#include "api/server/peer_client.hpp"
#include "infra/crypto/sha256.hpp"
#include "infra/postgres/peer_directory.hpp"
#include "infra/projector/lease_keeper.hpp"
#include "infra/runtime/config_error.hpp"
#include "infra/runtime/log.hpp"

#include <chrono>
#include <fmt/format.h>
#include <mutex>
#include <thread>

namespace annals::app {
namespace {

constexpr std::string_view kOwnAddress = "auto";
/// What others send before they have heard that this process leaves still finds it.
constexpr std::chrono::milliseconds kOthersHear{100};
/// A PostgreSQL that hangs must not keep requests from being finished: the row expires by itself.
constexpr std::chrono::milliseconds kLeaveMax{500};

server::PeerClientOptions client_options(
    const runtime::Config& config, std::uint16_t partitions, const crypto::MasterKey& master_key
) {
    return {
        .partitions = partitions,
        .deciders = static_cast<std::size_t>(config.integer("deciders")),
        .hmac = [key = master_key.derive(crypto::KeyPurpose::peers)](std::string_view text
                ) { return crypto::hmac_sha256(key.bytes(), text); },
        .log = [](bool well, std::string_view code, std::string_view message
               ) { runtime::log(well ? runtime::Level::info : runtime::Level::warning, code, message); },
    };
}

/// Counts on from what the series shows; scrapes may come at the same time.
void count_up(const runtime::Counter& counter, std::uint64_t total) {
    const double behind = static_cast<double>(total) - counter.value();
    if (behind > 0) counter.add(behind);
}

}  // namespace

struct PeerSide::Impl {
    Impl(
        const runtime::Config& settings, std::string database, std::uint16_t partition_count,
        const crypto::MasterKey& master_key
    )
        : config(settings),
          dsn(std::move(database)),
          partitions(partition_count),
          options(client_options(config, partitions, master_key)),
          client(options) {
        const std::string& address = config.text("address");
        if (config.text("peer_url") == kOwnAddress && (address == "0.0.0.0" || address == "::"))
            throw runtime::ConfigError(
                "peer_url auto needs an --address that others can reach; name one of both"
            );
    }

    [[nodiscard]] std::string url(std::uint16_t port) const {
        const std::string& configured = config.text("peer_url");
        if (configured != kOwnAddress) return configured;
        const std::string& address = config.text("address");
        const bool v6 = address.contains(':');
        return fmt::format("http://{}{}{}:{}", v6 ? "[" : "", address, v6 ? "]" : "", port);
    }

    const runtime::Config& config;
    const std::string dsn;
    const std::uint16_t partitions;
    const server::PeerClientOptions options;
    const std::string member = projector::make_member_name();
    server::PeerClient client;
    std::unique_ptr<pg::PeerDirectory> directory;
    std::mutex metrics_mutex;
};

PeerSide::PeerSide(
    const runtime::Config& config, const std::string& dsn, std::uint16_t partitions,
    const crypto::MasterKey& master_key
) {
    if (!config.text("peer_url").empty()) impl_ = std::make_unique<Impl>(config, dsn, partitions, master_key);
}
PeerSide::~PeerSide() = default;

api::CommandPeers* PeerSide::peers() const {
    return impl_ ? &impl_->client : nullptr;
}

void PeerSide::attach(server::HttpServer& server) {
    if (impl_) impl_->client.attach(server);
}

void PeerSide::add_endpoints(
    std::vector<http::Endpoint>& endpoints, api::Services& services, api::AccessChecks& checks
) const {
    if (!impl_) return;
    endpoints.push_back(api::peer_endpoint(services, checks, api::all_routes(), impl_->options.hmac));
}

void PeerSide::start(std::uint16_t port) {
    if (!impl_) return;
    impl_->directory = std::make_unique<pg::PeerDirectory>(
        impl_->dsn, pg::PeerRow{impl_->member, impl_->url(port)},
        [impl = impl_.get()](const std::vector<pg::PeerRow>& living) {
            std::vector<server::Peer> peers;
            for (const pg::PeerRow& row : living) peers.push_back({row.member, row.address});
            impl->client.use(impl->member, peers);
        }
    );
    impl_->directory->start();
}

void PeerSide::leave() {
    if (!impl_ || !impl_->directory) return;
    const bool others = impl_->client.stats().peers > 0;
    const bool left = impl_->directory->stop_within(kLeaveMax);
    if (others && left) std::this_thread::sleep_for(kOthersHear);
}

void PeerSide::add_checks(std::vector<Check>& checks) const {
    if (!impl_) return;
    const server::PeerStats stats = impl_->client.stats();
    checks.push_back(
        {"peers", stats.reachable == stats.peers ? Health::ok : Health::degraded,
         fmt::format(
             "{} of {} other API processes take commands, {} of {} partitions are decided here",
             stats.reachable, stats.peers, stats.partitions_decided_here, impl_->partitions
         )}
    );
}

void PeerSide::update_metrics(runtime::Metrics& metrics) const {
    if (!impl_) return;
    const std::lock_guard lock(impl_->metrics_mutex);
    const server::PeerStats stats = impl_->client.stats();
    const std::pair<const char*, std::uint64_t> outcomes[] = {
        {"answered", stats.answered}, {"not_sent", stats.not_sent}, {"lost", stats.lost}
    };
    for (const auto& [outcome, count] : outcomes) {
        count_up(
            metrics.counter(
                "annals_commands_forwarded_total", "Requests with commands passed on to another process",
                {{"outcome", outcome}}
            ),
            count
        );
    }
    count_up(
        metrics.counter("annals_command_bundles_total", "Requests between processes that carried them"),
        stats.bundles
    );
    metrics.gauge("annals_peers", "Other API processes that live").set(static_cast<double>(stats.peers));
    metrics.gauge("annals_peers_reachable", "Other API processes that take commands from this one")
        .set(static_cast<double>(stats.reachable));
    metrics.gauge("annals_partitions_decided", "Partitions whose commands are decided in this process")
        .set(static_cast<double>(stats.partitions_decided_here));
}

}  // namespace annals::app
