#include "infra/postgres/pg_relay_log.hpp"

#include "infra/postgres/connection.hpp"
#include "infra/postgres/log_end.hpp"

#include <optional>
#include <utility>

namespace annals::pg {

namespace {

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

std::vector<kafka::LogRecord> read_page(
    Connection& connection, std::uint16_t partition, std::uint64_t after, std::size_t limit,
    std::size_t bytes_max
) {
    const Rows rows = connection.query(
        kRead, Params{}
                   .int2(static_cast<std::int16_t>(partition))
                   .int8(static_cast<std::int64_t>(after))
                   .int8(static_cast<std::int64_t>(limit))
                   .int8(static_cast<std::int64_t>(bytes_max))
    );
    std::vector<kafka::LogRecord> records;
    records.reserve(rows.size());
    for (std::size_t i = 0; i < rows.size(); ++i) {
        records.push_back(kafka::log_record(
            rows.count(i, 0), rows.uuid(i, 1), rows.uuid(i, 2), rows.uuid(i, 3),
            std::string(rows.bytes(i, 4)), std::string(rows.bytes(i, 5))
        ));
    }
    return records;
}

class PgRelayLog final : public kafka::RelayLog {
public:
    explicit PgRelayLog(std::string dsn) : dsn_(std::move(dsn)) {}

    LogEnd end() override { return log_end(session().query(kLogEnd)); }
    std::vector<kafka::LogRecord> read(
        std::uint16_t partition, std::uint64_t after, std::size_t limit, std::size_t bytes_max
    ) override {
        return read_page(session(), partition, after, limit, bytes_max);
    }

    bool acquire_leadership(const std::string& group) override {
        if (!session_ || !session_->usable()) {
            session_.emplace(dsn_, kRelaySession);
            led_.clear();
        }
        // A session may take its own lock again, but would then have to give it back as often.
        if (led_ == group) return !session().query(kLogEnd).empty();
        if (!session().query(kLead, Params{}.text(group)).boolean(0, 0)) return false;
        led_ = group;
        return true;
    }

    void resign() noexcept override {
        session_.reset();
        led_.clear();
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

class PgLogPages final : public kafka::LogPages {
public:
    explicit PgLogPages(const std::string& dsn) : connection_(dsn, kRelaySession) {}

    LogEnd end() override { return log_end(connection_.query(kLogEnd)); }
    std::vector<kafka::LogRecord> read(
        std::uint16_t partition, std::uint64_t after, std::size_t limit, std::size_t bytes_max
    ) override {
        return read_page(connection_, partition, after, limit, bytes_max);
    }

private:
    Connection connection_;
};

}  // namespace

std::unique_ptr<kafka::RelayLog> make_pg_relay_log(std::string dsn) {
    return std::make_unique<PgRelayLog>(std::move(dsn));
}

std::unique_ptr<kafka::LogPages> open_log_pages(const std::string& dsn) {
    return std::make_unique<PgLogPages>(dsn);
}

}  // namespace annals::pg
