#include "infra/postgres/parked_events.hpp"

#include "domain/contract/event_line.hpp"
#include "domain/kernel/partitioning.hpp"
#include "domain/operations/parked_queue.hpp"

#include <stdexcept>
#include <thread>

namespace annals::pg {
namespace {

constexpr const char* kColumns =
    "p.projection, p.partition, p.position, p.tenant_id, p.stream_id, p.event_type, p.code, p.detail,"
    " p.attempts, greatest(0, (extract(epoch from clock_timestamp() - p.parked_at) * 1000000)::bigint),"
    " coalesce((select max(e.epoch) from log.epoch e where e.partition = p.partition and e.after < "
    "p.position),"
    " 1)";
const std::string kListSql =
    std::string("select ") + kColumns +
    " from proj.parked p order by p.projection, p.partition, p.position limit $1::bigint";
const std::string kFindSql =
    std::string("select ") + kColumns +
    ", (select count(*) from proj.parked b where b.projection = p.projection and b.partition = p.partition"
    " and b.stream_id = p.stream_id and b.position < p.position)"
    " from proj.parked p where p.projection = $1 and p.partition = $2::smallint and p.position = $3::bigint";
constexpr Statement kSkips{
    "parked_skips",
    "select line from log.event where partition = $1::smallint and stream_id = $2 order by stream_version"
};
constexpr Statement kPartitions{"parked_partitions", "select count(*) from log.partition"};
constexpr Statement kLock{
    "parked_lock", "select pg_try_advisory_lock(hashtextextended('annals projection ' || $1::text, 0))"
};
constexpr Statement kUnlock{
    "parked_unlock", "select pg_advisory_unlock(hashtextextended('annals projection ' || $1::text, 0))"
};
constexpr std::string_view kBesideSuffix = "#beside";

ParkedEntry entry_of(const Rows& rows, std::size_t row) {
    ParkedEntry entry;
    entry.event = parked_event(rows, row);
    entry.attempts = rows.count(row, 8);
    entry.age_us = rows.integer(row, 9);
    entry.position = {
        static_cast<std::uint32_t>(rows.count(row, 10)), entry.event.partition, entry.event.position
    };
    return entry;
}

}  // namespace

ParkedEvent parked_event(const Rows& rows, std::size_t row) {
    return ParkedEvent{
        std::string(rows.bytes(row, 0)),
        static_cast<std::uint16_t>(rows.count(row, 1)),
        rows.count(row, 2),
        TenantId{rows.uuid(row, 3)},
        rows.uuid(row, 4),
        std::string(rows.bytes(row, 5)),
        std::string(rows.bytes(row, 6)),
        std::string(rows.bytes(row, 7))
    };
}

std::vector<ParkedEvent> parked_events(const Rows& rows) {
    std::vector<ParkedEvent> events;
    for (std::size_t i = 0; i < rows.size(); ++i) events.push_back(parked_event(rows, i));
    return events;
}

std::vector<ParkedEntry> read_parked(Connection& connection, std::size_t limit) {
    const Statement list{"parked_list", kListSql.c_str()};
    const Rows rows = connection.query(list, Params().int8(static_cast<std::int64_t>(limit)));
    std::vector<ParkedEntry> entries;
    for (std::size_t i = 0; i < rows.size(); ++i) entries.push_back(entry_of(rows, i));
    return entries;
}

std::optional<ParkedHead> find_parked(
    Connection& connection, std::string_view projection, std::uint16_t partition, std::uint64_t position
) {
    const Statement find{"parked_find", kFindSql.c_str()};
    Params params;
    params.text(projection).int2(static_cast<std::int16_t>(partition));
    const Rows rows = connection.query(find, params.int8(static_cast<std::int64_t>(position)));
    if (rows.empty()) return std::nullopt;
    return ParkedHead{entry_of(rows, 0), rows.count(0, 11)};
}

std::vector<EventPlace> read_skipped(Connection& connection, std::string_view projection) {
    if (projection.ends_with(kBesideSuffix)) projection.remove_suffix(kBesideSuffix.size());
    const auto partitions = static_cast<std::uint16_t>(connection.query(kPartitions).count(0, 0));
    Params params;
    params.int2(static_cast<std::int16_t>(partition_of(kPlatformRealm, partitions)));
    const Rows rows = connection.query(kSkips, params.uuid(operations::parked_queue_id(projection)));
    std::vector<EventPlace> places;
    contract::JsonDocument document;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const auto recorded = contract::read_event_line(document, rows.bytes(i, 0), nullptr);
        if (!recorded) throw std::runtime_error("a skip cannot be read: " + recorded.error().detail);
        const auto* skipped = recorded->event.as<operations::ParkedEventSkipped>();
        if (skipped == nullptr) continue;
        places.push_back(
            {static_cast<std::uint16_t>(skipped->partition.value),
             static_cast<std::uint64_t>(skipped->position.value)}
        );
    }
    return places;
}

bool lock_projection(Connection& connection, std::string_view projection) {
    return connection.query(kLock, Params().text(projection)).boolean(0, 0);
}

bool lock_projection_soon(Connection& connection, std::string_view projection) {
    constexpr std::chrono::milliseconds kPause{50};
    for (auto waited = std::chrono::milliseconds(0);; waited += kPause) {
        if (lock_projection(connection, projection)) return true;
        if (waited >= kProjectionPatience) return false;
        std::this_thread::sleep_for(kPause);
    }
}

void unlock_projection(Connection& connection, std::string_view projection) {
    (void)connection.query(kUnlock, Params().text(projection));
}

}  // namespace annals::pg
