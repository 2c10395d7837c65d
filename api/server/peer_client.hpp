#pragma once

#include "api/http/cursor.hpp"
#include "api/kernel/command_peers.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace annals::server {

class HttpServer;

/// Limits of what processes send each other; tests inject smaller ones. Times are milliseconds.
struct PeerLimits {
    std::size_t connections = 2;             ///< To each peer; each has one bundle of commands under way.
    std::size_t under_way_max = 1024;        ///< Commands with one peer; more are decided here.
    std::size_t answer_bytes_max = 8 << 20;  ///< Of one answer to a bundle.
    std::uint32_t answer_timeout_ms =
        1'500;                      ///< Beyond, the peer counts as hung and its commands as in doubt.
    std::uint32_t away_ms = 3'000;  ///< How long a hung peer gets no commands.
    std::uint32_t connect_timeout_ms = 1'000;
    std::uint32_t retry_pause_ms = 500;  ///< Before a connection that broke is made again.
    std::uint32_t idle_ms = 15'000;  ///< A connection that was idle for so long is tried before it is used.
};

struct PeerClientOptions {
    std::uint16_t partitions = 1;
    std::size_t deciders = 1;  ///< How many processes decide at all; the same in all of them.
    http::Hmac hmac;           ///< The same in all processes of the installation.
    PeerLimits limits{};
    /// Called on an I/O thread when a peer begins to take commands (`well`) or cannot be reached any more.
    std::function<void(bool well, std::string_view code, std::string_view message)> log{};
};

/// A process that decides commands.
struct Peer {
    std::string member;
    std::string address;  ///< http://IP:PORT
    friend bool operator==(const Peer&, const Peer&) = default;
};

struct PeerStats {
    std::uint64_t answered = 0;  ///< Commands passed on, by what became of them.
    std::uint64_t not_sent = 0;
    std::uint64_t lost = 0;
    std::uint64_t bundles = 0;  ///< Requests in which they travelled.
    std::size_t peers = 0;      ///< Other processes that live ...
    std::size_t reachable = 0;  ///< ... and take commands from this one.
    std::size_t partitions_decided_here = 0;
};

/// Passes commands on over a few connections to each peer, on an I/O thread of the server. A command goes
/// only where a connection has proved to work, so nobody waits for one to be made. What comes in while all
/// connections have a bundle under way makes the next bundle. Thread-safe.
class PeerClient final : public api::CommandPeers {
public:
    explicit PeerClient(PeerClientOptions options);
    /// Whoever uses it has ended; so has the server.
    ~PeerClient() override;
    PeerClient(const PeerClient&) = delete;
    PeerClient& operator=(const PeerClient&) = delete;

    /// To be called before the server starts, which ends what is under way when it stops.
    void attach(HttpServer& server);
    /// These processes live, `self` among them. Ignored before the server has started and after its stop.
    void use(const std::string& self, const std::vector<Peer>& living);
    [[nodiscard]] PeerStats stats() const;

    [[nodiscard]] bool would_take(std::uint16_t partition) const override;
    bool pass_on(
        std::uint16_t partition, const std::shared_ptr<http::Request>& request, api::PeerCompletion& done
    ) override;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace annals::server
