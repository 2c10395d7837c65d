#include "infra/postgres/connection.hpp"
#include "infra/postgres/parked_events.hpp"
#include "infra/postgres/projection_store.hpp"
#include "infra/postgres/table_statements.hpp"

#include <fmt/format.h>

namespace annals::pg {
namespace {

constexpr std::size_t kScanPageRows = 1'000;

// Rows are read as text, in UTC and ISO style whatever the server's defaults are. The snapshot is held while
// the log is folded, during which the session does nothing.
constexpr SessionSettings kSnapshotSession{
    "annals-verify", 0, 0,
    "set jit = off; set timezone = 'UTC'; set datestyle = 'ISO'; set idle_in_transaction_session_timeout = 0;"
};

constexpr Statement kCheckpoints{
    "snapshot_checkpoints", "select projection, partition, position, generation from proj.checkpoint"
};
constexpr Statement kParked{
    "snapshot_parked", "select partition, position from proj.parked where projection = $1"
};
constexpr Statement kReadLog{
    "snapshot_read_log",
    "select position, line from log.event where partition = $1::smallint and position > $2::bigint"
    " order by position limit $3::bigint"
};

template <class Use>
auto when_available(Use use) {
    try {
        return use();
    } catch (const PgError& error) {
        throw ProjectionStoreUnavailable(error.what());
    }
}

class PgProjectionSnapshot final : public ProjectionSnapshot {
public:
    /// Without a name of an exported snapshot it takes one of its own.
    explicit PgProjectionSnapshot(const std::string& dsn, const std::string& exported = {})
        : connection_(dsn, kSnapshotSession) {
        connection_.execute("begin isolation level repeatable read read only");
        if (!exported.empty()) connection_.execute("set transaction snapshot '" + exported + "'");
        // The snapshot is taken by the first statement that reads.
        connection_.query(kCheckpoints);
    }

    std::string export_snapshot() {
        const Rows rows = connection_.execute("select pg_export_snapshot()");
        return std::string(rows.at(0, 0).value_or(""));
    }

    std::vector<Checkpoint> checkpoints() override {
        return when_available([&] {
            const Rows rows = connection_.query(kCheckpoints);
            std::vector<Checkpoint> read;
            for (std::size_t i = 0; i < rows.size(); ++i) {
                read.push_back(
                    {std::string(rows.bytes(i, 0)),
                     static_cast<std::uint16_t>(rows.count(i, 1)),
                     rows.count(i, 2),
                     {},
                     rows.count(i, 3)}
                );
            }
            return read;
        });
    }

    std::vector<EventPlace> parked(std::string_view projection) override {
        return when_available([&] {
            const Rows rows = connection_.query(kParked, Params().text(projection));
            std::vector<EventPlace> places;
            for (std::size_t i = 0; i < rows.size(); ++i) {
                places.push_back({static_cast<std::uint16_t>(rows.count(i, 0)), rows.count(i, 1)});
            }
            return places;
        });
    }

    std::vector<EventPlace> skipped(std::string_view projection) override {
        return when_available([&] { return read_skipped(connection_, projection); });
    }

    std::vector<LogLine> read(std::uint16_t partition, std::uint64_t after, std::size_t limit) override {
        return when_available([&] {
            Params params;
            params.int2(static_cast<std::int16_t>(partition)).int8(static_cast<std::int64_t>(after));
            params.int8(static_cast<std::int64_t>(limit));
            const Rows rows = connection_.query(kReadLog, params);
            std::vector<LogLine> lines;
            for (std::size_t i = 0; i < rows.size(); ++i) {
                lines.push_back({rows.count(i, 0), std::string(rows.bytes(i, 1))});
            }
            return lines;
        });
    }

    void scan(const TableType& table, const std::function<void(const RowKey&, const void*)>& visit) override {
        when_available([&] {
            const TableStatements statements(table);
            connection_.execute("declare scan no scroll cursor for " + statements.scan_sql());
            while (true) {
                const Rows rows = connection_.execute(fmt::format("fetch {} from scan", kScanPageRows));
                if (rows.empty()) break;
                for (std::size_t i = 0; i < rows.size(); ++i) {
                    visit(TableStatements::key(rows, i), statements.row(rows, i).get());
                }
            }
            connection_.execute("close scan");
        });
    }

private:
    Connection connection_;
};

}  // namespace

std::vector<std::unique_ptr<ProjectionSnapshot>> make_projection_snapshots(
    const std::string& dsn, std::size_t count
) {
    try {
        std::vector<std::unique_ptr<ProjectionSnapshot>> snapshots;
        auto first = std::make_unique<PgProjectionSnapshot>(dsn);
        const std::string exported = first->export_snapshot();
        snapshots.push_back(std::move(first));
        while (snapshots.size() < count)
            snapshots.push_back(std::make_unique<PgProjectionSnapshot>(dsn, exported));
        return snapshots;
    } catch (const PgError& error) {
        throw ProjectionStoreUnavailable(error.what());
    }
}

std::unique_ptr<ProjectionSnapshot> make_projection_snapshot(const std::string& dsn) {
    try {
        return std::make_unique<PgProjectionSnapshot>(dsn);
    } catch (const PgError& error) {
        throw ProjectionStoreUnavailable(error.what());
    }
}

}  // namespace annals::pg
