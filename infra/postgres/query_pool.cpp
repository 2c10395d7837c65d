#include "infra/postgres/query_pool.hpp"

#include "infra/postgres/shared_reads.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <span>
#include <thread>
#include <utility>
#include <vector>

namespace annals::pg {

namespace {

// set_config with `true` is SET LOCAL: it ends with the transaction, which is the pipeline up to its sync.
constexpr Statement kSetTenant{"set_tenant", "select set_config('app.tenant', $1, true)"};

class TextResult final : public QueryResult {
public:
    explicit TextResult(Rows rows) : rows_(std::move(rows)) {}
    [[nodiscard]] std::size_t rows() const override { return rows_.size(); }
    [[nodiscard]] std::size_t columns() const override { return rows_.columns(); }
    [[nodiscard]] std::optional<std::string_view> cell(std::size_t row, std::size_t column) const override {
        return rows_.at(row, column);
    }

private:
    Rows rows_;
};

}  // namespace

class QueryPool::Impl {
public:
    Impl(std::string dsn, std::size_t connections_max)
        : dsn_(std::move(dsn)),
          free_places_(connections_max),
          shared_(
              std::clamp<std::size_t>(std::thread::hardware_concurrency() / 2, 1, connections_max),
              std::chrono::milliseconds(kCheckoutWaitMs),
              [this](std::span<SharedReads::Read* const> group) { run_group(group); }
          ) {}

    /// A connection for as long as the object lives.
    class Lease {
    public:
        explicit Lease(Impl& pool) : pool_(pool), connection_(pool.check_out()) {}
        ~Lease() { pool_.check_in(std::move(connection_)); }
        Lease(const Lease&) = delete;
        Lease& operator=(const Lease&) = delete;

        /// True when there was an idle connection to take, which may have been closed meanwhile.
        [[nodiscard]] bool reused() const { return connection_ != nullptr; }
        Connection& connection() {
            if (!connection_) connection_ = std::make_unique<Connection>(pool_.dsn_, kQuerySession);
            return *connection_;
        }
        void replace() { connection_.reset(); }

    private:
        Impl& pool_;
        std::unique_ptr<Connection> connection_;
    };

    Rows run(TenantId tenant, const Statement& statement, const Params& params);
    SharedReads& shared() { return shared_; }

    Stats stats() {
        const std::lock_guard lock(mutex_);
        return {
            .open = idle_.size() + busy_, .busy = busy_, .exhausted = exhausted_, .waiting = shared_.waiting()
        };
    }

private:
    void run_group(std::span<SharedReads::Read* const> group);
    void run_alone(SharedReads::Read& read);
    std::vector<Rows> send(std::span<const Call> calls);
    bool run_together(std::span<SharedReads::Read* const> group);

    /// An idle connection, or null for a place in which to make one.
    std::unique_ptr<Connection> check_out() {
        std::unique_lock lock(mutex_);
        const auto wait = std::chrono::milliseconds(kCheckoutWaitMs);
        if (!freed_.wait_for(lock, wait, [this] { return free_places_ > 0; })) {
            ++exhausted_;
            throw PoolExhausted("all connections for queries are busy");
        }
        --free_places_;
        ++busy_;
        if (idle_.empty()) return nullptr;
        // The one used last is the one most likely to be alive, and the others may rest.
        std::unique_ptr<Connection> taken = std::move(idle_.back());
        idle_.pop_back();
        return taken;
    }

    void check_in(std::unique_ptr<Connection> connection) {
        {
            const std::lock_guard lock(mutex_);
            ++free_places_;
            --busy_;
            if (connection && connection->usable()) idle_.push_back(std::move(connection));
        }
        freed_.notify_one();
    }

    const std::string dsn_;
    std::mutex mutex_;
    std::condition_variable freed_;
    std::size_t free_places_;
    std::size_t busy_{0};
    std::size_t exhausted_{0};
    std::vector<std::unique_ptr<Connection>> idle_;
    SharedReads shared_;
};

QueryPool::QueryPool(std::string dsn, std::size_t connections_max)
    : impl_(std::make_unique<Impl>(std::move(dsn), connections_max)) {}
QueryPool::~QueryPool() = default;

QueryPool::Stats QueryPool::stats() const {
    return impl_->stats();
}

/// A connection that PostgreSQL closed while it was idle costs a second attempt only.
std::vector<Rows> QueryPool::Impl::send(std::span<const Call> calls) {
    Lease lease(*this);
    const bool reused = lease.reused();
    try {
        return lease.connection().pipeline(calls);
    } catch (const PgError& error) {
        if (!reused || !error.disconnected()) throw;
    }
    lease.replace();
    return lease.connection().pipeline(calls);
}

Rows QueryPool::Impl::run(TenantId tenant, const Statement& statement, const Params& params) {
    const Params realm = Params{}.text(tenant.to_string());
    const std::array calls{Call{&kSetTenant, &realm, Format::text}, Call{&statement, &params, Format::text}};
    try {
        return std::move(send(calls).back());
    } catch (const PgError& error) {
        if (error.kind() != ErrorKind::conflict) throw;
    }
    return std::move(send(calls).back());
}

void QueryPool::Impl::run_group(std::span<SharedReads::Read* const> group) {
    if (group.size() > 1 && run_together(group)) return;
    for (SharedReads::Read* read : group) run_alone(*read);
}

void QueryPool::Impl::run_alone(SharedReads::Read& read) {
    try {
        read.rows = run(read.tenant, read.statement, read.params);
    } catch (...) {
        read.failure = std::current_exception();
    }
}

/// One transaction for all of them, each behind the setting of its own realm. False when they have to be run
/// one by one, because one of them spoils it for the others.
bool QueryPool::Impl::run_together(std::span<SharedReads::Read* const> group) {
    try {
        std::vector<Params> realms;
        realms.reserve(group.size());
        std::vector<Call> calls;
        for (const SharedReads::Read* read : group) {
            realms.push_back(Params{}.text(read->tenant.to_string()));
            calls.push_back({&kSetTenant, &realms.back(), Format::text});
            calls.push_back({&read->statement, &read->params, Format::text});
        }
        std::vector<Rows> rows = send(calls);
        for (std::size_t i = 0; i < group.size(); ++i) group[i]->rows = std::move(rows[2 * i + 1]);
        return true;
    } catch (const PgError& error) {
        if (!error.passes() || error.kind() == ErrorKind::conflict) return false;
        // No session, no memory, no time: asking again for each would only add to it.
        for (SharedReads::Read* read : group) read->failure = std::current_exception();
    } catch (...) {
        for (SharedReads::Read* read : group) read->failure = std::current_exception();
    }
    return true;
}

Rows QueryPool::run(TenantId tenant, const Statement& statement, const Params& params) {
    return impl_->run(tenant, statement, params);
}

Rows QueryPool::run_shared(TenantId tenant, const Statement& statement, const Params& params) {
    SharedReads::Read read(tenant, statement, params);
    std::optional<Rows> rows = impl_->shared().read(read);
    if (!rows) throw PoolExhausted("the reads before this one take too long");
    return std::move(*rows);
}

std::unique_ptr<QueryResult> QueryPool::query(
    TenantId tenant, const annals::Statement& statement, std::span<const QueryParam> params
) {
    Params values;
    for (const QueryParam& param : params) values.text(param);
    try {
        const Statement text{statement.name.c_str(), statement.sql.c_str()};
        return std::make_unique<TextResult>(
            statement.by_key ? run_shared(tenant, text, values) : run(tenant, text, values)
        );
    } catch (const PoolExhausted& busy) {
        throw QueryUnavailable(busy.what());
    } catch (const PgError& error) {
        if (error.passes()) throw QueryUnavailable(error.what());
        throw;
    }
}

}  // namespace annals::pg
