#include "infra/postgres/partition_leases.hpp"

#include "infra/postgres/limits.hpp"

#include <array>
#include <fmt/format.h>
#include <set>
#include <utility>

namespace annals::pg {
namespace {

/// A heartbeat that takes longer than a lease lives is of no use.
constexpr int kLeaseStatementTimeoutMs = 2'000;
constexpr int kLeaseLockTimeoutMs = 500;
/// How long a taker waits for the end of a former owner's session.
constexpr std::int64_t kEndSessionWaitMs = 500;

constexpr Statement kMakeLeases{
    "lease_make",
    "insert into proj.lease (partition, owner, epoch) select partition, null, 0 from log.partition"
    " on conflict do nothing"
};
// A member that lives already only moves its time on; one that is new, or was taken for dead, is told to all.
constexpr Statement kBeat{
    "lease_beat",
    "with before as (select expires_at from proj.member where member = $1),"
    " beat as (insert into proj.member (member, expires_at)"
    "   values ($1, clock_timestamp() + $2::bigint * interval '1 millisecond')"
    "   on conflict (member) do update set expires_at = excluded.expires_at returning 1)"
    " select pg_notify('annals_leases', '') from beat"
    " where not exists (select from before where expires_at > clock_timestamp())"
};
constexpr Statement kGiveUp{
    "lease_give_up",
    "with given as (update proj.lease set owner = null where owner = $1 and partition = any($2::smallint[])"
    "   returning 1)"
    " select pg_notify('annals_leases', '') from given limit 1"
};
constexpr Statement kForget{
    "lease_forget", "delete from proj.member where expires_at < clock_timestamp() - interval '1 minute'"
};
/// Held by a member's session as long as it lasts, and seen by everybody. While a session that was cut off
/// still has it, the next one does without.
constexpr Statement kLockMember{
    "lease_lock_member", "select pg_try_advisory_lock(hashtextextended('annals member ' || $1, 0))"
};
// $1: a member that was heard of later than so many milliseconds before its end needs no session.
constexpr Statement kLiving{
    "lease_living",
    "select m.member from proj.member as m where m.expires_at > clock_timestamp()"
    " and (m.expires_at > clock_timestamp() + $1::bigint * interval '1 millisecond'"
    "   or exists (select from pg_locks as l where l.locktype = 'advisory' and l.granted and l.objsubid = 1"
    "     and l.database = (select oid from pg_database where datname = current_database())"
    "     and ((l.classid::bigint << 32) | l.objid::bigint)"
    "       = hashtextextended('annals member ' || m.member, 0)))"
    " order by m.member"
};
constexpr Statement kLeases{
    "lease_list", "select partition, epoch, coalesce(owner, '') from proj.lease order by partition"
};
constexpr Statement kEndSessions{
    "lease_end_sessions",
    "select pg_terminate_backend(pid, $2::bigint) from pg_stat_activity"
    " where datname = current_database() and usename = current_user and application_name = any($1::text[])"
};
// A lease is free when it was given up, or when its owner is not among the living that were seen. Whoever
// still writes under it holds a share lock on it; that one is taken the next time.
constexpr Statement kTake{
    "lease_take",
    "with free as (select l.partition from proj.lease as l"
    "   join unnest($2::smallint[], $3::bigint[]) as s (partition, epoch)"
    "   on s.partition = l.partition and s.epoch = l.epoch"
    "   where l.owner is null or l.owner <> all($4::text[]) order by l.partition for update of l skip locked)"
    " update proj.lease as t set owner = $1, epoch = t.epoch + 1 from free"
    " where t.partition = free.partition returning t.partition, t.epoch"
};
constexpr Statement kLeave{
    "lease_leave",
    "with given as (update proj.lease set owner = null where owner = $1),"
    " gone as (delete from proj.member where member = $1)"
    " select pg_notify('annals_leases', '')"
};

constexpr SessionSettings kLeaseSession{
    "annals-leases", kLeaseStatementTimeoutMs, kLeaseLockTimeoutMs, "set jit = off;"
};

Params of_member(const std::string& member) {
    Params params;
    params.text(member);
    return params;
}

}  // namespace

std::string projector_session_name(std::string_view member) {
    return fmt::format("annals-projector {}", member);
}

PartitionLeases::PartitionLeases(std::string dsn, std::string member)
    : member_(std::move(member)), connection_(std::move(dsn), kLeaseSession) {}

Connection& PartitionLeases::connection() {
    Connection& connection = connection_.get();
    if (connection_.connections() != prepared_) {
        connection.execute(fmt::format("listen {}", kLeasesChannel));
        connection.query(kLockMember, of_member(member_));
        connection.query(kMakeLeases);
        prepared_ = connection_.connections();
    }
    return connection;
}

LeaseView PartitionLeases::beat(std::span<const std::uint16_t> given_up) {
    Params beat = of_member(member_);
    beat.int8(kLeaseTtl.count());
    ArrayParam partitions(ElementType::int2, given_up.size());
    for (const std::uint16_t partition : given_up) partitions.add(std::int64_t{partition});
    Params give_up = of_member(member_);
    give_up.array(std::move(partitions));
    const Params none;
    Params unheard;
    unheard.int8((kLeaseTtl - kLeaseTtlWithoutSession).count());
    const std::array calls{
        Call{&kBeat, &beat}, Call{&kGiveUp, &give_up}, Call{&kForget, &none}, Call{&kLiving, &unheard},
        Call{&kLeases, &none}
    };
    const std::vector<Rows> answers = connection().pipeline(calls);
    LeaseView view;
    for (std::size_t i = 0; i < answers[3].size(); ++i) view.living.emplace_back(answers[3].bytes(i, 0));
    for (std::size_t i = 0; i < answers[4].size(); ++i) {
        view.leases.push_back(
            {static_cast<std::uint16_t>(answers[4].count(i, 0)), answers[4].count(i, 1),
             std::string(answers[4].bytes(i, 2))}
        );
    }
    return view;
}

std::vector<PartitionLease> PartitionLeases::take(
    std::span<const LeaseRow> seen, std::span<const std::string> living
) {
    std::set<std::string> former;
    for (const LeaseRow& lease : seen) {
        if (!lease.owner.empty()) former.insert(lease.owner);
    }
    if (!former.empty()) {
        ArrayParam names(ElementType::text, former.size());
        for (const std::string& member : former) names.add(std::string_view(projector_session_name(member)));
        Params params;
        params.array(std::move(names)).int8(kEndSessionWaitMs);
        connection().query(kEndSessions, params);
    }
    ArrayParam partitions(ElementType::int2, seen.size());
    ArrayParam epochs(ElementType::int8, seen.size());
    for (const LeaseRow& lease : seen) {
        partitions.add(std::int64_t{lease.partition});
        epochs.add(static_cast<std::int64_t>(lease.epoch));
    }
    Params params = of_member(member_);
    ArrayParam alive(ElementType::text, living.size());
    for (const std::string& member : living) alive.add(std::string_view(member));
    params.array(std::move(partitions)).array(std::move(epochs)).array(std::move(alive));
    const Rows rows = connection().query(kTake, params);
    std::vector<PartitionLease> taken;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        taken.push_back({static_cast<std::uint16_t>(rows.count(i, 0)), rows.count(i, 1)});
    }
    return taken;
}

void PartitionLeases::leave() {
    connection().query(kLeave, of_member(member_));
}

void PartitionLeases::wait(int wake_fd, std::chrono::milliseconds how_long) {
    connection().wait_notifications(wake_fd, how_long, [](std::string_view) {});
}

}  // namespace annals::pg
