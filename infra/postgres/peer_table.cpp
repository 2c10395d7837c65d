#include "infra/postgres/peer_table.hpp"

#include <array>
#include <utility>

namespace annals::pg {
namespace {

/// A heartbeat that takes longer than a row lives is of no use.
constexpr int kPeerStatementTimeoutMs = 2'000;
constexpr int kPeerLockTimeoutMs = 500;

constexpr Statement kBeat{
    "peer_beat",
    "with before as (select expires_at from log.peer where member = $1),"
    " beat as (insert into log.peer (member, address, expires_at)"
    "   values ($1, $2, clock_timestamp() + $3::bigint * interval '1 millisecond')"
    "   on conflict (member) do update set expires_at = excluded.expires_at returning 1)"
    " select pg_notify('annals_peers', '') from beat"
    " where not exists (select from before where expires_at > clock_timestamp())"
};
constexpr Statement kForget{
    "peer_forget", "delete from log.peer where expires_at < clock_timestamp() - interval '1 minute'"
};
constexpr Statement kLiving{
    "peer_living", "select member, address from log.peer where expires_at > clock_timestamp() order by member"
};
constexpr Statement kLeave{
    "peer_leave", "with gone as (delete from log.peer where member = $1) select pg_notify('annals_peers', '')"
};

constexpr SessionSettings kPeerSession{
    "annals-peers", kPeerStatementTimeoutMs, kPeerLockTimeoutMs, "set jit = off;"
};

}  // namespace

PeerTable::PeerTable(std::string dsn, PeerRow self)
    : self_(std::move(self)), connection_(std::move(dsn), kPeerSession) {}

Connection& PeerTable::connection() {
    Connection& connection = connection_.get();
    if (connection_.connections() != listening_) {
        connection.execute("listen annals_peers");
        listening_ = connection_.connections();
    }
    return connection;
}

std::vector<PeerRow> PeerTable::beat() {
    Params beat;
    beat.text(self_.member).text(self_.address).int8(kPeerTtl.count());
    const Params none;
    const std::array calls{Call{&kBeat, &beat}, Call{&kForget, &none}, Call{&kLiving, &none}};
    const std::vector<Rows> answers = connection().pipeline(calls);
    std::vector<PeerRow> living;
    for (std::size_t i = 0; i < answers[2].size(); ++i)
        living.emplace_back(std::string(answers[2].bytes(i, 0)), std::string(answers[2].bytes(i, 1)));
    return living;
}

void PeerTable::leave() {
    Params params;
    params.text(self_.member);
    connection().query(kLeave, params);
}

void PeerTable::wait(int wake_fd, std::chrono::milliseconds how_long) {
    connection().wait_notifications(wake_fd, how_long, [](std::string_view) {});
}

}  // namespace annals::pg
