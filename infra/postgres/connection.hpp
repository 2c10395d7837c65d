#pragma once

#include "infra/postgres/params.hpp"
#include "infra/postgres/pg_errors.hpp"
#include "infra/postgres/rows.hpp"
#include "infra/postgres/session.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

struct pg_conn;

namespace annals::pg {

/// A named SQL text, prepared once on each connection that uses it. Define it as a constant; both texts are
/// literals.
struct Statement {
    const char* name;
    const char* sql;
};

enum class Format : std::uint8_t { text = 0, binary = 1 };

/// One statement of a pipeline.
struct Call {
    const Statement* statement;
    const Params* params;
    Format format{Format::binary};
};

/// One session over libpq. Used by one thread at a time; calls block, but never longer than the session's
/// limits. Every failure is a PgError; after one that is disconnected() the object is of no use any more.
class Connection {
public:
    /// Connects. Keywords the DSN does not name get our time limits.
    Connection(const std::string& dsn, const SessionSettings& settings);
    ~Connection();
    Connection(Connection&& other) noexcept;
    Connection& operator=(Connection&& other) noexcept;

    [[nodiscard]] bool usable() const;

    /// Simple protocol, text results: one or several statements without parameters, the last one's rows.
    Rows execute(const std::string& sql);
    /// One prepared statement in one round trip (one more when it is new on this connection).
    Rows query(const Statement& statement, const Params& params = {}, Format format = Format::binary);
    /// Several statements in one round trip. Outside a transaction block they are one transaction of their
    /// own: a failure undoes all of them.
    std::vector<Rows> pipeline(std::span<const Call> calls);
    /// A COPY ... TO STDOUT, simple protocol. `message` is called for each piece that PostgreSQL sends, a row
    /// of the copy with perhaps the header before it; the view lives as long as the call. The server's limit
    /// is for the whole copy; we wait as long for each piece. When `message` throws, the session is lost.
    void copy_out(const std::string& sql, const std::function<void(std::string_view bytes)>& message);

    /// Waits until something arrives, `wake_fd` becomes readable or the time is over, then hands out the
    /// payload of each notification that came.
    void wait_notifications(
        int wake_fd, std::chrono::milliseconds wait,
        const std::function<void(std::string_view payload)>& receive
    );

    [[nodiscard]] std::int32_t server_version() const;  ///< 150020 for 15.20

private:
    using Deadline = std::chrono::steady_clock::time_point;

    void require_usable() const;
    void prepare(const Statement& statement);
    bool send_prepare_if_new(const Statement& statement);
    std::vector<Rows> receive_pipeline(const std::vector<const char*>& expected);
    void send(const Statement& statement, const Params& params, Format format);
    void flush(Deadline deadline);
    /// The next result of the statement in flight; null at its end.
    pg_result* receive(Deadline deadline);
    /// All results up to the end; the last one. Throws the first error among them.
    Rows receive_last(Deadline deadline);
    void receive_copied(const std::function<void(std::string_view bytes)>& message);
    void wait(bool for_writing, Deadline deadline);
    [[nodiscard]] PgError error_of(const pg_result* result) const;
    [[noreturn]] void lose(const std::string& why);
    [[nodiscard]] Deadline deadline() const;

    struct Close {
        void operator()(pg_conn* connection) const;
    };
    std::unique_ptr<pg_conn, Close> connection_;
    std::unordered_set<std::string> prepared_;
    std::chrono::milliseconds reply_wait_;
    bool lost_{false};
};

/// BEGIN on construction, ROLLBACK on destruction unless committed.
class Transaction {
public:
    explicit Transaction(Connection& connection);
    ~Transaction();
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;
    void commit();

private:
    Connection& connection_;
    bool open_{true};
};

}  // namespace annals::pg
