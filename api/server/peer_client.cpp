#include "api/server/peer_client.hpp"

#include "api/kernel/partition_owner.hpp"
#include "api/kernel/peer_bundle.hpp"
#include "api/server/http_server.hpp"
#include "api/server/io_thread.hpp"
#include "api/server/peer_link.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <charconv>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

namespace annals::server {

namespace {

constexpr std::string_view kScheme = "http://";

/// Of "http://10.0.0.5:8080" or "http://[::1]:8080"; nothing when it is something else.
std::optional<asio::ip::tcp::endpoint> endpoint_of(std::string_view address) {
    const std::size_t colon = address.rfind(':');
    if (!address.starts_with(kScheme) || colon < kScheme.size()) return std::nullopt;
    std::string_view host = address.substr(kScheme.size(), colon - kScheme.size());
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    const std::string_view digits = address.substr(colon + 1);
    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
    error_code malformed;
    const asio::ip::address ip = asio::ip::make_address(std::string(host), malformed);
    if (malformed) return std::nullopt;
    return asio::ip::tcp::endpoint(ip, port);
}

}  // namespace

struct PeerClient::Impl {
    explicit Impl(PeerClientOptions given) : options(std::move(given)), owners(options.partitions) {}

    std::shared_ptr<PeerLink> owner(std::uint16_t partition) const {
        const std::lock_guard lock(mutex);
        return owners[partition];
    }
    std::shared_ptr<PeerLink> link_to(const Peer& peer);
    void close();

    const PeerClientOptions options;
    PeerCounters counters;
    HttpServer* server{nullptr};

    mutable std::mutex mutex;
    std::vector<std::shared_ptr<PeerLink>> owners;  ///< By partition; null: decided here.
    std::map<std::string, std::pair<Peer, std::shared_ptr<PeerLink>>> links;  ///< By member.
    bool closed{false};
};

/// The link of a peer, made when it is new; null when its address is none.
std::shared_ptr<PeerLink> PeerClient::Impl::link_to(const Peer& peer) {
    const auto known = links.find(peer.member);
    if (known != links.end() && known->second.first == peer) return known->second.second;
    const auto endpoint = endpoint_of(peer.address);
    if (!endpoint) return nullptr;
    asio::io_context& context = server->first_thread()->context();
    auto link = std::make_shared<PeerLink>(context, *endpoint, options, counters);
    asio::post(context, [link] { link->start(); });
    return link;
}

void PeerClient::Impl::close() {
    const std::lock_guard lock(mutex);
    closed = true;
    std::ranges::fill(owners, nullptr);
    for (const auto& [member, entry] : links)
        asio::post(server->first_thread()->context(), [link = entry.second] { link->close(); });
    links.clear();
}

PeerClient::PeerClient(PeerClientOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}
PeerClient::~PeerClient() = default;

void PeerClient::attach(HttpServer& server) {
    impl_->server = &server;
    server.before_threads_end([impl = impl_.get()] { impl->close(); });
}

void PeerClient::use(const std::string& self, const std::vector<Peer>& living) {
    const std::lock_guard lock(impl_->mutex);
    if (impl_->closed || impl_->server == nullptr) return;
    decltype(impl_->links) links;
    std::vector<std::string> members;
    for (const Peer& peer : living) {
        members.push_back(peer.member);
        if (peer.member == self) continue;
        if (auto link = impl_->link_to(peer)) links.emplace(peer.member, std::pair(peer, std::move(link)));
    }
    for (std::size_t partition = 0; partition < impl_->owners.size(); ++partition) {
        const auto owner =
            api::partition_owner(static_cast<std::uint16_t>(partition), members, impl_->options.deciders);
        const auto link = owner ? links.find(members[*owner]) : links.end();
        impl_->owners[partition] = link == links.end() ? nullptr : link->second.second;
    }
    std::swap(impl_->links, links);
    for (const auto& [member, entry] : links) {
        const auto kept = impl_->links.find(member);
        if (kept != impl_->links.end() && kept->second.second == entry.second) continue;
        asio::post(impl_->server->first_thread()->context(), [link = entry.second] { link->retire(); });
    }
}

PeerStats PeerClient::stats() const {
    PeerStats stats;
    stats.answered = impl_->counters.answered.load();
    stats.not_sent = impl_->counters.not_sent.load();
    stats.lost = impl_->counters.lost.load();
    stats.bundles = impl_->counters.bundles.load();
    const std::lock_guard lock(impl_->mutex);
    stats.peers = impl_->links.size();
    const auto reachable = [](const auto& entry) { return entry.second.second->ready(); };
    stats.reachable = static_cast<std::size_t>(std::ranges::count_if(impl_->links, reachable));
    const auto here = [](const auto& link) { return link == nullptr || !link->ready(); };
    stats.partitions_decided_here = static_cast<std::size_t>(std::ranges::count_if(impl_->owners, here));
    return stats;
}

bool PeerClient::would_take(std::uint16_t partition) const {
    const std::shared_ptr<PeerLink> link = impl_->owner(partition);
    return link && link->usable();
}

bool PeerClient::pass_on(
    std::uint16_t partition, const std::shared_ptr<http::Request>& request, api::PeerCompletion& done
) {
    const std::shared_ptr<PeerLink> link = impl_->owner(partition);
    if (!link || !link->usable()) return false;
    std::string item;
    item.reserve(request->body.size() + 1024);
    api::append_item(item, *request);
    return link->add(std::move(item), done);
}

}  // namespace annals::server
