#include "infra/postgres/log_epoch.hpp"

#include "infra/postgres/connection.hpp"
#include "infra/postgres/listener.hpp"
#include "infra/postgres/roles.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <limits>
#include <stdexcept>

namespace annals::pg {
namespace {

// In the order of partitions, like every append, so that neither can block the other for ever.
constexpr Statement kHold{
    "epoch_hold", "select epoch::bigint, head from log.partition order by partition for update"
};
constexpr Statement kRaise{"epoch_raise", "update log.partition set epoch = $1::int"};
constexpr Statement kKeep{
    "epoch_keep",
    "insert into log.epoch (partition, epoch, after, reason)"
    " select partition, epoch, head, $1::text from log.partition order by partition"
};
// An empty payload is what a new connection hears: look for yourself.
constexpr Statement kTell{"epoch_tell", "select pg_catalog.pg_notify($1, '')"};

constexpr std::uint64_t kEpochMax = std::numeric_limits<std::int32_t>::max();

}  // namespace

RaisedEpoch raise_epoch(const std::string& owner_dsn, const std::string& reason, std::uint32_t above) {
    if (reason.empty() || reason.size() > kEpochReasonBytesMax) {
        throw std::runtime_error(fmt::format("a reason has 1 to {} bytes", kEpochReasonBytesMax));
    }
    Connection connection(owner_dsn, kMigrationSession);
    connection.execute(fmt::format("set role {}", kOwnerRole));
    Transaction transaction(connection);
    const Rows held = connection.query(kHold);
    if (held.empty()) throw std::runtime_error("this database has no log yet; run `annals migrate`");
    RaisedEpoch raised;
    std::uint64_t epoch = above;
    for (std::size_t i = 0; i < held.size(); ++i) {
        epoch = std::max(epoch, held.count(i, 0));
        raised.after.push_back(held.count(i, 1));
    }
    if (epoch >= kEpochMax) throw std::runtime_error(fmt::format("no epoch is left after {}", epoch));
    raised.epoch = static_cast<std::uint32_t>(epoch + 1);
    connection.query(kRaise, Params{}.int4(static_cast<std::int32_t>(raised.epoch)));
    connection.query(kKeep, Params{}.text(reason));
    connection.query(kTell, Params{}.text(kAppliedChannel));
    transaction.commit();
    return raised;
}

}  // namespace annals::pg
