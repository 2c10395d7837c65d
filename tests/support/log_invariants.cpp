#include "tests/support/log_invariants.hpp"

#include "domain/contract/event_line.hpp"
#include "infra/crypto/sha256.hpp"

#include <array>
#include <cstdint>
#include <string_view>

namespace annals::test {
namespace {

struct Check {
    const char* what;
    const char* breaches;  ///< counts them
};

constexpr std::array kChecks{
    Check{
        "positions are 1..head in every partition",
        "select count(*) from log.partition p left join (select partition, count(*) n, max(position) m "
        "from log.event group by 1) e using (partition) "
        "where p.head <> coalesce(e.n, 0) or p.head <> coalesce(e.m, 0)"
    },
    Check{
        "versions are 1..n in every stream",
        "select count(*) from (select count(*) n, max(stream_version) m from log.event "
        "group by partition, stream_id) s where n <> m"
    },
    Check{
        "realm positions are 1..n in every realm",
        "select count(*) from (select count(*) n, max(tenant_position) m from log.event group by tenant_id) "
        "r "
        "where n <> m"
    },
    Check{
        "a realm lives in one partition, a stream in one realm",
        "select (select count(*) from (select 1 from log.event group by tenant_id "
        "having count(distinct partition) > 1) r) + (select count(*) from (select 1 from log.event "
        "group by partition, stream_id having count(distinct tenant_id) > 1) s)"
    },
    Check{
        "versions and realm positions follow the order of the log",
        "select count(*) from (select stream_version - lag(stream_version, 1, 0) over "
        "(partition by partition, stream_id order by position) v, tenant_position - "
        "lag(tenant_position, 1, 0) over (partition by tenant_id order by position) t from log.event) e "
        "where v <> 1 or t <> 1"
    },
    Check{
        "a leaf is SHA-256(0x00 || line)",
        "select count(*) from log.event where leaf_hash <> sha256('\\x00'::bytea || convert_to(line, 'UTF8'))"
    },
    Check{"event ids are unique", "select count(*) - count(distinct event_id) from log.event"},
    Check{
        "a command's events were decided once",
        "select count(*) from (select 1 from log.event group by command_id "
        "having count(distinct recorded_at) > 1) c"
    },
    Check{
        "every event's command has its answer in the log",
        "select count(*) from log.event e "
        "where not exists (select from log.command c where c.command_id = e.command_id)"
    },
    Check{
        "answers name versions and positions that are there",
        "select count(*) from (select response::jsonb r from log.command) c join log.partition p "
        "on p.partition = split_part(r->>'position', '-', 2)::int "
        "where split_part(r->>'position', '-', 3)::bigint > p.head or (r->>'version')::bigint > coalesce("
        "(select max(stream_version) from log.event e where e.partition = p.partition "
        "and e.stream_id = (r->>'id')::uuid), 0)"
    },
};

constexpr const char* kLines =
    "select partition::text, position::text, tenant_id::text, tenant_position::text, stream_id::text, "
    "stream_version::text, type, command_id::text, encode(leaf_hash, 'hex'), line "
    "from log.event order by partition, position";

std::string hex_of(const crypto::Digest& digest) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string hex;
    for (const std::uint8_t byte : digest) {
        hex += kDigits[byte >> 4U];
        hex += kDigits[byte & 0xFU];
    }
    return hex;
}

void check_lines(PgDatabase& database, std::vector<std::string>& broken) {
    pg::Connection connection(database.owner_dsn(), pg::kMigrationSession);
    const pg::Rows rows = connection.execute(kLines);
    contract::JsonDocument document;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const auto column = [&](std::size_t at) { return std::string(rows.at(i, at).value_or("")); };
        const std::string where = "partition " + column(0) + " position " + column(1);
        const auto recorded = contract::read_event_line(document, column(9), nullptr);
        if (!recorded) {
            broken.push_back("the line can be read: " + where + ": " + recorded.error().detail);
            continue;
        }
        const contract::Envelope& said = recorded->envelope;
        const bool fits = std::to_string(said.position.partition) == column(0) &&
                          std::to_string(said.position.number) == column(1) &&
                          said.tenant.to_string() == column(2) &&
                          std::to_string(said.tenant_position) == column(3) &&
                          said.stream.to_string() == column(4) && std::to_string(said.version) == column(5) &&
                          recorded->event.type().name == column(6) && said.command.to_string() == column(7);
        if (!fits) broken.push_back("the line says what the columns say: " + where);
        if (hex_of(crypto::leaf_hash(column(9))) != column(8)) broken.push_back("our leaf hash: " + where);
    }
}

}  // namespace

std::vector<std::string> broken_invariants(PgDatabase& database) {
    std::vector<std::string> broken;
    for (const Check& check : kChecks) {
        const std::string breaches = database.value(check.breaches);
        if (breaches != "0") broken.push_back(std::string(check.what) + ": " + breaches + " breaches");
    }
    check_lines(database, broken);
    return broken;
}

}  // namespace annals::test
