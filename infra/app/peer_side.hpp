#pragma once

#include "api/http/dispatcher.hpp"
#include "api/kernel/route.hpp"
#include "api/server/http_server.hpp"
#include "infra/app/health.hpp"
#include "infra/crypto/master_key.hpp"
#include "infra/runtime/config.hpp"
#include "infra/runtime/metrics.hpp"

#include <memory>
#include <vector>

namespace annals::api {
class AccessChecks;
}

namespace annals::app {

/// What this process has to do with the other API processes of its log: it says that it is there, finds them,
/// passes commands on to them and decides what they pass on. Without the setting peer_url it does none of
/// that.
class PeerSide {
public:
    /// Throws runtime::ConfigError when the setting cannot be made into an address.
    PeerSide(
        const runtime::Config& config, const std::string& dsn, std::uint16_t partitions,
        const crypto::MasterKey& master_key
    );
    ~PeerSide();
    PeerSide(const PeerSide&) = delete;
    PeerSide& operator=(const PeerSide&) = delete;

    /// Null when the process takes no part.
    [[nodiscard]] api::CommandPeers* peers() const;
    /// Before the server starts.
    void attach(server::HttpServer& server);
    void add_endpoints(
        std::vector<http::Endpoint>& endpoints, api::Services& services, api::AccessChecks& checks
    ) const;
    /// Once the server listens.
    void start(std::uint16_t port);
    /// Tells the others to send nothing more. Before the server stops.
    void leave();

    void add_checks(std::vector<Check>& checks) const;
    void update_metrics(runtime::Metrics& metrics) const;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;  ///< null without the setting
};

}  // namespace annals::app
