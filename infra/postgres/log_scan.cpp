#include "infra/postgres/log_scan.hpp"

#include "infra/postgres/limits.hpp"
#include "infra/postgres/wire.hpp"

#include <cstring>
#include <fmt/format.h>
#include <utility>

namespace annals::pg {
namespace {

// A range is read by the primary key, in whose order it is wanted; a plan that sorts would read it twice. The
// first session does nothing while the others read.
constexpr SessionSettings kScanSession{
    "annals-verify", kScanStatementTimeoutMs, kLockTimeoutMs,
    "set jit = off; set enable_seqscan = off; set enable_bitmapscan = off;"
    " set idle_in_transaction_session_timeout = 0;"
};

constexpr Statement kHeads{"scan_heads", "select head, epoch from log.partition order by partition"};
constexpr Statement kEpochs{"scan_epochs", "select partition, epoch, after from log.epoch"};
constexpr Statement kStray{
    "scan_stray",
    "(select partition from log.event where partition < 0 limit 1) union all"
    " (select partition from log.event where partition >= $1::int limit 1)"
};

constexpr Statement kLargeMessage{"scan_large_message", "select repeat(' ', $1::int)"};
constexpr std::int32_t kReceiveBytes = 256 * 1024;

// What begins a COPY in binary form: a signature, flags and the length of an extension (none of which
// PostgreSQL uses).
constexpr std::string_view kSignature{"PGCOPY\n\377\r\n\0", 11};
constexpr std::size_t kHeaderBytes = kSignature.size() + 4 + 4;
constexpr std::int16_t kTrailer = -1;
constexpr std::int16_t kColumns = 18;

/// Takes the fields of one row after another.
class CopiedRow {
public:
    explicit CopiedRow(std::string_view bytes) : rest_(bytes) {}

    std::int16_t columns() { return static_cast<std::int16_t>(read_big_endian(take(2))); }
    std::string_view field() {
        const auto taken = optional_field();
        if (!taken) malformed();
        return *taken;
    }
    std::uint64_t number() { return static_cast<std::uint64_t>(read_big_endian(sized(field(), 8))); }
    std::int16_t small_number() { return static_cast<std::int16_t>(read_big_endian(sized(field(), 2))); }
    Uuid uuid() { return uuid_of(field()); }
    std::optional<Uuid> optional_uuid() {
        const auto taken = optional_field();
        if (!taken) return std::nullopt;
        return uuid_of(*taken);
    }
    /// `infinity` wraps around to a year that no line can have.
    Instant instant() {
        return Instant{static_cast<std::int64_t>(number() + std::uint64_t{kPostgresEpochMicros})};
    }
    void end() const {
        if (!rest_.empty()) malformed();
    }

private:
    [[noreturn]] static void malformed() {
        throw PgError("a row of a binary COPY is not what it should be", {.kind = ErrorKind::invalid});
    }
    std::string_view take(std::size_t length) {
        if (length > rest_.size()) malformed();
        const std::string_view taken = rest_.substr(0, length);
        rest_.remove_prefix(length);
        return taken;
    }
    /// Nothing is NULL, which has the length -1.
    std::optional<std::string_view> optional_field() {
        const std::int64_t length = read_big_endian(take(4));
        if (length == -1) return std::nullopt;
        if (length < 0) malformed();
        return take(static_cast<std::size_t>(length));
    }
    static std::string_view sized(std::string_view bytes, std::size_t length) {
        if (bytes.size() != length) malformed();
        return bytes;
    }
    static Uuid uuid_of(std::string_view bytes) {
        Uuid id;
        std::memcpy(id.bytes.data(), sized(bytes, id.bytes.size()).data(), id.bytes.size());
        return id;
    }

    std::string_view rest_;
};

ScannedEvent event_of(CopiedRow& row, std::uint16_t partition) {
    ScannedEvent event;
    event.partition = partition;
    event.position = row.number();
    event.tenant_position = row.number();
    event.version = row.number();
    event.event_id = EventId{row.uuid()};
    event.tenant = TenantId{row.uuid()};
    event.stream = row.uuid();
    event.schema_version = row.small_number();
    event.effective_at = row.instant();
    event.recorded_at = row.instant();
    event.actor_kind = row.field();
    event.actor_id = row.uuid();
    event.command = CommandId{row.uuid()};
    event.causation = row.optional_uuid();
    event.correlation = row.uuid();
    event.category = row.field();
    event.type = row.field();
    event.leaf_hash = row.field();
    event.line = row.field();
    return event;
}

std::string copy_statement(const ScanRange& range) {
    return fmt::format(
        "copy (select position, tenant_position, stream_version, event_id, tenant_id, stream_id, "
        "schema_version, effective_at, recorded_at, actor_kind, actor_id, command_id, causation_id, "
        "correlation_id, category, type, leaf_hash, line from log.event where partition = {} and position > "
        "{} and position <= {} "
        "order by position) to stdout (format binary)",
        range.partition, range.after, range.upto
    );
}

LogOutline read_outline(Connection& connection) {
    LogOutline outline;
    const Rows heads = connection.query(kHeads);
    for (std::size_t i = 0; i < heads.size(); ++i) {
        outline.heads.push_back(heads.count(i, 0));
        outline.epochs.push_back(static_cast<std::uint32_t>(heads.count(i, 1)));
    }
    std::vector<EpochStart> starts;
    const Rows epochs = connection.query(kEpochs);
    for (std::size_t i = 0; i < epochs.size(); ++i) {
        starts.push_back(
            {static_cast<std::uint16_t>(epochs.count(i, 0)), static_cast<std::uint32_t>(epochs.count(i, 1)),
             epochs.count(i, 2)}
        );
    }
    outline.history = EpochHistory(std::move(starts));
    const auto partitions = static_cast<std::int32_t>(outline.heads.size());
    const Rows stray = connection.query(kStray, Params{}.int4(partitions));
    if (!stray.empty()) outline.stray_partition = static_cast<int>(stray.integer(0, 0));
    return outline;
}

}  // namespace

ScanReader::ScanReader(const std::string& dsn, const std::string& snapshot) : connection_(dsn, kScanSession) {
    // libpq takes as much from the socket at a time as its buffer holds, and that is 16 KiB until a message
    // needed more.
    connection_.query(kLargeMessage, Params{}.int4(kReceiveBytes));
    connection_.execute(
        "begin isolation level repeatable read read only; set transaction snapshot '" + snapshot + "'"
    );
}

void ScanReader::read(const ScanRange& range, const std::function<void(const ScannedEvent&)>& event) {
    bool begun = false;
    connection_.copy_out(copy_statement(range), [&](std::string_view bytes) {
        if (!std::exchange(begun, true)) {
            // The header comes together with the first row, or with the trailer of an empty range.
            if (!bytes.starts_with(kSignature) || bytes.size() < kHeaderBytes)
                throw PgError("a binary COPY does not begin as one", {.kind = ErrorKind::invalid});
            bytes.remove_prefix(kHeaderBytes);
            if (bytes.empty()) return;
        }
        CopiedRow row(bytes);
        const std::int16_t columns = row.columns();
        if (columns != kTrailer) {
            if (columns != kColumns)
                throw PgError("a row of a binary COPY has other columns", {.kind = ErrorKind::invalid});
            event(event_of(row, range.partition));
        }
        row.end();
    });
}

LogScan::LogScan(std::string dsn) : dsn_(std::move(dsn)), connection_(dsn_, kScanSession) {
    connection_.execute("begin isolation level repeatable read read only");
    outline_ = read_outline(connection_);
    snapshot_ = connection_.execute("select pg_export_snapshot()").at(0, 0).value_or("");
}

}  // namespace annals::pg
