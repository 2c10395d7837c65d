#include "infra/postgres/projection_progress.hpp"

#include "infra/postgres/limits.hpp"
#include "infra/postgres/parked_events.hpp"
#include "infra/postgres/reconnecting.hpp"

#include <array>
#include <mutex>
#include <utility>

namespace annals::pg {
namespace {

// Everything is looked up by key, however large the log is.
constexpr SessionSettings kProgressSession{
    "annals-progress", kQueryStatementTimeoutMs, kLockTimeoutMs,
    "set default_transaction_read_only = on; set plan_cache_mode = force_generic_plan; set jit = off;"
    " set enable_seqscan = off; set enable_hashjoin = off; set enable_mergejoin = off;"
};
constexpr Statement kLags{
    "progress_lags",
    "select n.name, p.partition, coalesce(c.position, 0), p.head,"
    " case when coalesce(c.position, 0) >= p.head then 0"
    " else greatest(0, (extract(epoch from t.now - e.recorded_at) * 1000000)::bigint) end,"
    " greatest(0, (extract(epoch from t.now - coalesce(c.applied_at, i.created_at)) * 1000000)::bigint),"
    " case when coalesce(c.position, 0) >= p.head then t.now else least(t.now, e.recorded_at) end,"
    " coalesce(m.member, '')"
    " from (select clock_timestamp() as now) as t cross join unnest($1::text[]) as n (name)"
    " cross join log.partition as p cross join log.installation as i"
    " left join proj.checkpoint as c on c.projection = n.name and c.partition = p.partition"
    " left join log.event as e on e.partition = p.partition and e.position = coalesce(c.position, 0) + 1"
    " left join proj.lease as l on l.partition = p.partition"
    " left join proj.member as m on m.member = l.owner and m.expires_at > t.now"
    " order by n.name, p.partition"
};
constexpr Statement kParked{
    "progress_parked",
    "select projection, count(distinct stream_id), count(*),"
    " greatest(0, (extract(epoch from clock_timestamp() - min(parked_at)) * 1000000)::bigint)"
    " from proj.parked where projection = any($1::text[]) group by projection order by projection"
};
constexpr Statement kCopies{
    "progress_copies", "select projection || '@' || version || '#beside' from proj.beside order by 1"
};

ProjectionLag lag_of(const Rows& rows, std::size_t row) {
    ProjectionLag lag;
    lag.projection = rows.bytes(row, 0);
    lag.partition = static_cast<std::uint16_t>(rows.count(row, 1));
    lag.position = rows.count(row, 2);
    lag.head = rows.count(row, 3);
    lag.lag_us = rows.integer(row, 4);
    lag.since_move_us = rows.integer(row, 5);
    lag.watermark = rows.instant(row, 6);
    lag.state = lag_state(lag.position, lag.head, lag.lag_us, lag.since_move_us);
    lag.owner = rows.bytes(row, 7);
    return lag;
}

class PgProjectionProgress final : public ProjectionProgressReader {
    /// One question over the connection, which is made again for the next one when it broke.
    template <class Ask>
    auto asked(Ask&& ask) {
        const std::scoped_lock lock(mutex_);
        try {
            return ask(connection_.get());
        } catch (const PgError& error) {
            if (error.disconnected()) connection_.drop();
            throw ProjectionStoreUnavailable(error.what());
        }
    }

public:
    explicit PgProjectionProgress(std::string dsn) : connection_(std::move(dsn), kProgressSession) {}

    ProjectionProgress read(std::span<const std::string> projections) override {
        ArrayParam names(ElementType::text, projections.size());
        for (const std::string& name : projections) names.add(std::string_view(name));
        Params params;
        params.array(std::move(names));
        const std::array calls{Call{&kLags, &params}, Call{&kParked, &params}};
        return asked([&](Connection& connection) { return progress_of(connection.pipeline(calls)); });
    }
    std::vector<std::string> copies() override {
        return asked([](Connection& connection) {
            const Rows rows = connection.query(kCopies);
            std::vector<std::string> names;
            for (std::size_t i = 0; i < rows.size(); ++i) names.emplace_back(rows.bytes(i, 0));
            return names;
        });
    }
    std::vector<ParkedEntry> parked(std::size_t limit) override {
        return asked([limit](Connection& connection) { return read_parked(connection, limit); });
    }

private:
    static ProjectionProgress progress_of(const std::vector<Rows>& answers) {
        ProjectionProgress progress;
        for (std::size_t i = 0; i < answers[0].size(); ++i) progress.lags.push_back(lag_of(answers[0], i));
        const Rows& parked = answers[1];
        for (std::size_t i = 0; i < parked.size(); ++i) {
            progress.parked.push_back(
                {std::string(parked.bytes(i, 0)), parked.count(i, 1), parked.count(i, 2), parked.integer(i, 3)
                }
            );
        }
        return progress;
    }

    std::mutex mutex_;
    Reconnecting connection_;
};

}  // namespace

std::unique_ptr<ProjectionProgressReader> make_projection_progress_reader(std::string dsn) {
    return std::make_unique<PgProjectionProgress>(std::move(dsn));
}

}  // namespace annals::pg
