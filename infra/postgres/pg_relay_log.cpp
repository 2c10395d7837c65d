#include "infra/postgres/pg_relay_log.hpp"

#include "domain/kernel/assert.hpp"
#include "infra/postgres/connection.hpp"

#include <optional>
#include <string_view>
#include <utility>

namespace annals::pg {

namespace {

constexpr Statement kHeads{"relay_heads", "select head from log.partition order by partition"};
// octet_length reads no line, so the lines beyond the limit are never fetched from where long ones are kept.
constexpr Statement kRead{
    "relay_read",
    "select position, stream_id, tenant_id, event_id, type, line from ("
    "  select *, sum(octet_length(line)) over (order by position rows unbounded preceding) - "
    "octet_length(line) before"
    "  from (select * from log.event where partition = $1::smallint and position > $2::bigint"
    "        order by position limit $3::bigint) page"
    ") measured where before < $4::bigint order by position"
};
constexpr Statement kLead{
    "relay_lead", "select pg_try_advisory_lock(hashtextextended('annals relay ' || $1, 0))"
};

/// An extension attribute stands before `data`, and no text value before it can contain an unescaped quote.
std::string traceparent_of(std::string_view line) {
    constexpr std::string_view kKey = R"("traceparent":")";
    const std::size_t at = line.find(kKey);
    if (at == std::string_view::npos || at > line.find(R"("data":)")) return {};
    const std::string_view rest = line.substr(at + kKey.size());
    return std::string(rest.substr(0, rest.find('"')));
}

class PgRelayLog final : public kafka::RelayLog {
public:
    explicit PgRelayLog(std::string dsn) : dsn_(std::move(dsn)) {}

    std::vector<std::uint64_t> heads() override {
        const Rows rows = session().query(kHeads);
        std::vector<std::uint64_t> heads;
        heads.reserve(rows.size());
        for (std::size_t i = 0; i < rows.size(); ++i) heads.push_back(rows.count(i, 0));
        return heads;
    }

    std::vector<kafka::LogRecord> read(
        std::uint16_t partition, std::uint64_t after, std::size_t limit, std::size_t bytes_max
    ) override {
        const Rows rows = session().query(
            kRead, Params{}
                       .int2(static_cast<std::int16_t>(partition))
                       .int8(static_cast<std::int64_t>(after))
                       .int8(static_cast<std::int64_t>(limit))
                       .int8(static_cast<std::int64_t>(bytes_max))
        );
        std::vector<kafka::LogRecord> records;
        records.reserve(rows.size());
        for (std::size_t i = 0; i < rows.size(); ++i) {
            ANNALS_ASSERT(rows.count(i, 0) == after + i + 1, "positions in the log are dense");
            const std::string_view line = rows.bytes(i, 5);
            records.push_back(
                {.position = rows.count(i, 0),
                 .stream_id = rows.uuid(i, 1),
                 .tenant_id = rows.uuid(i, 2),
                 .event_id = rows.uuid(i, 3),
                 .type = std::string(rows.bytes(i, 4)),
                 .line = std::string(line),
                 .traceparent = traceparent_of(line)}
            );
        }
        return records;
    }

    bool acquire_leadership(const std::string& group) override {
        if (!session_ || !session_->usable()) {
            session_.emplace(dsn_, kRelaySession);
            led_.clear();
        }
        // A session may take its own lock again, but would then have to give it back as often.
        if (led_ == group) return !session().query(kHeads).empty();
        if (!session().query(kLead, Params{}.text(group)).boolean(0, 0)) return false;
        led_ = group;
        return true;
    }

private:
    Connection& session() {
        if (!session_) throw PgError("the relay has no session yet", {.kind = ErrorKind::cannot_connect});
        return *session_;
    }

    const std::string dsn_;
    std::optional<Connection> session_;
    std::string led_;  ///< the group this session leads
};

}  // namespace

std::unique_ptr<kafka::RelayLog> make_pg_relay_log(std::string dsn) {
    return std::make_unique<PgRelayLog>(std::move(dsn));
}

}  // namespace annals::pg
