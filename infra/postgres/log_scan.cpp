#include "infra/postgres/log_scan.hpp"

#include "infra/crypto/encoding.hpp"

#include <algorithm>
#include <pqxx/pqxx>

namespace annals::pg {
namespace {

constexpr const char* kDeclare =
    "declare log_scan no scroll cursor for select partition, position, event_id, tenant_id, tenant_position, "
    "category, "
    "stream_id, stream_version, type, line, encode(leaf_hash, 'hex') from log.event order by partition, "
    "position";
constexpr const char* kFetch = "fetch forward 2000 from log_scan";

Uuid uuid_of(const pqxx::field& field) {
    return Uuid::parse(field.c_str()).value_or(Uuid{});
}

EventRow event_of(const pqxx::row& row) {
    EventRow event;
    event.partition = static_cast<std::uint16_t>(row[0].as<int>());
    event.position = row[1].as<std::uint64_t>();
    event.event_id = EventId{uuid_of(row[2])};
    event.tenant = TenantId{uuid_of(row[3])};
    event.tenant_position = row[4].as<std::uint64_t>();
    event.category = row[5].c_str();
    event.stream = uuid_of(row[6]);
    event.version = row[7].as<std::uint64_t>();
    event.type = row[8].c_str();
    event.line.assign(row[9].c_str(), row[9].size());
    const auto hash = crypto::from_hex(row[10].c_str()).value_or(std::string());
    if (hash.size() == event.leaf_hash.size()) std::ranges::copy(hash, event.leaf_hash.begin());
    return event;
}

}  // namespace

void scan_log(
    const std::string& dsn, const std::function<void(const LogOutline&)>& begin,
    const std::function<void(const EventRow&)>& event
) {
    pqxx::connection connection(dsn);
    pqxx::transaction<pqxx::repeatable_read> transaction(connection);
    LogOutline outline;
    for (const auto& row : transaction.exec("select head, epoch from log.partition order by partition")) {
        outline.heads.push_back(row[0].as<std::uint64_t>());
        outline.epochs.push_back(row[1].as<std::uint32_t>());
    }
    std::vector<EpochStart> starts;
    for (const auto& row : transaction.exec("select partition, epoch, after from log.epoch")) {
        starts.push_back(
            {static_cast<std::uint16_t>(row[0].as<int>()), row[1].as<std::uint32_t>(),
             row[2].as<std::uint64_t>()}
        );
    }
    outline.history = EpochHistory(std::move(starts));
    begin(outline);
    transaction.exec(kDeclare);
    while (true) {
        const pqxx::result page = transaction.exec(kFetch);
        if (page.empty()) return;
        for (const auto& row : page) event(event_of(row));
    }
}

}  // namespace annals::pg
