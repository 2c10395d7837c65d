#pragma once

#include "infra/postgres/connection.hpp"
#include "infra/postgres/limits.hpp"
#include "projections/kernel/query_reader.hpp"

#include <cstddef>
#include <memory>
#include <stdexcept>
#include <string>

namespace annals::pg {

/// Every connection was busy for kCheckoutWaitMs. The request may be repeated later (503 with Retry-After).
class PoolExhausted : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// A bounded number of annals_api sessions that read query tables as one realm. Thread-safe; connections are
/// made when they are needed and replaced when they broke. A query that finds its idle connection closed, or
/// that PostgreSQL gave up for another transaction, is sent once more. Reads by key that come at the same
/// time share a round trip (SharedReads), of which there are at most half as many as processors.
class QueryPool final : public QueryReader {
public:
    explicit QueryPool(std::string dsn, std::size_t connections_max = kQueryConnectionsMax);
    ~QueryPool() override;
    QueryPool(const QueryPool&) = delete;
    QueryPool& operator=(const QueryPool&) = delete;

    /// One round trip: sets app.tenant for this transaction alone and runs the statement in it. Results in
    /// text form. Throws PoolExhausted, or PgError.
    Rows run(TenantId tenant, const Statement& statement, const Params& params = {});
    /// The same for a short read, together with those of other threads (SharedReads).
    Rows run_shared(TenantId tenant, const Statement& statement, const Params& params);

    std::unique_ptr<QueryResult> query(
        TenantId tenant, const annals::Statement& statement, std::span<const QueryParam> params
    ) override;

    struct Stats {
        std::size_t open{0};
        std::size_t busy{0};
        std::size_t exhausted{0};  ///< checkouts that waited in vain
        std::size_t waiting{0};    ///< short reads that wait for the round trip before theirs
    };
    [[nodiscard]] Stats stats() const;

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace annals::pg
