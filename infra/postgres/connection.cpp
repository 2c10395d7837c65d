#include "infra/postgres/connection.hpp"

#include "domain/kernel/assert.hpp"
#include "infra/postgres/limits.hpp"
#include "infra/runtime/log.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fmt/format.h>
#include <libpq-fe.h>
#include <poll.h>
#include <utility>

namespace annals::pg {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

std::string error_field(const PGresult* result, int field) {
    const char* text = PQresultErrorField(result, field);
    return text == nullptr ? std::string{} : std::string(text);
}

void log_notice(void*, const PGresult* notice) {
    runtime::log(
        runtime::Level::debug, "PG-5b0e", "PostgreSQL says",
        {{"sqlstate", error_field(notice, PG_DIAG_SQLSTATE)},
         {"text", one_line(error_field(notice, PG_DIAG_MESSAGE_PRIMARY))}}
    );
}

PGconn* connect(const std::string& dsn, const char* application_name) {
    const std::string connect_timeout = std::to_string(kConnectTimeoutS);
    const std::string user_timeout = std::to_string(kTcpUserTimeoutMs);
    const std::string idle = std::to_string(kKeepalivesIdleS);
    const std::string interval = std::to_string(kKeepalivesIntervalS);
    const std::string count = std::to_string(kKeepalivesCount);
    // A keyword that comes later wins, so the DSN stands after what it may change.
    const std::array keywords{
        "connect_timeout",
        "tcp_user_timeout",
        "keepalives_idle",
        "keepalives_interval",
        "keepalives_count",
        "application_name",
        "dbname",
        "client_encoding",
        static_cast<const char*>(nullptr)
    };
    const std::array values{
        connect_timeout.c_str(),
        user_timeout.c_str(),
        idle.c_str(),
        interval.c_str(),
        count.c_str(),
        application_name,
        dsn.c_str(),
        "UTF8",
        static_cast<const char*>(nullptr)
    };
    return PQconnectdbParams(keywords.data(), values.data(), 1);
}

}  // namespace

void Connection::Close::operator()(pg_conn* connection) const {
    PQfinish(connection);
}

Connection::Connection(const std::string& dsn, const SessionSettings& settings)
    : connection_(connect(dsn, settings.application_name)),
      reply_wait_(
          settings.statement_timeout_ms > 0 ? settings.statement_timeout_ms + kReplyMarginMs
                                            : kUnlimitedReplyMs
      ) {
    if (PQstatus(connection_.get()) != CONNECTION_OK) {
        throw PgError(
            "cannot connect to PostgreSQL: " + one_line(PQerrorMessage(connection_.get())),
            {.kind = ErrorKind::cannot_connect}
        );
    }
    PQsetNoticeReceiver(connection_.get(), log_notice, nullptr);
    // Without it a send to a server that stopped reading would block for ever.
    PQsetnonblocking(connection_.get(), 1);
    try {
        execute(fmt::format(
            "set statement_timeout = {}; set lock_timeout = {}; set idle_in_transaction_session_timeout = "
            "{}; "
            "set client_min_messages = warning; {}",
            settings.statement_timeout_ms, settings.lock_timeout_ms, settings.idle_in_transaction_ms,
            settings.more
        ));
    } catch (const PgError& error) {
        // The caller's statement was never sent, so nothing is in doubt.
        throw PgError(error.what(), {.kind = ErrorKind::cannot_connect, .sqlstate = error.sqlstate()});
    }
}

Connection::~Connection() = default;
Connection::Connection(Connection&& other) noexcept = default;
Connection& Connection::operator=(Connection&& other) noexcept = default;

bool Connection::usable() const {
    return connection_ && !lost_ && PQstatus(connection_.get()) == CONNECTION_OK;
}

void Connection::require_usable() const {
    if (!usable()) {
        throw PgError("the connection to PostgreSQL was lost before", {.kind = ErrorKind::cannot_connect});
    }
}

std::int32_t Connection::server_version() const {
    return PQserverVersion(connection_.get());
}

Connection::Deadline Connection::deadline() const {
    return steady_clock::now() + reply_wait_;
}

void Connection::lose(const std::string& why) {
    lost_ = true;
    throw PgError(
        "the connection to PostgreSQL was lost: " + one_line(why), {.kind = ErrorKind::connection_lost}
    );
}

PgError Connection::error_of(const pg_result* result) const {
    const std::string sqlstate = error_field(result, PG_DIAG_SQLSTATE);
    std::string text = error_field(result, PG_DIAG_MESSAGE_PRIMARY);
    if (text.empty()) text = PQresultErrorMessage(result);
    if (text.empty()) text = PQerrorMessage(connection_.get());
    // A session that PostgreSQL ends, for whatever reason, may have committed first.
    const std::string severity = error_field(result, PG_DIAG_SEVERITY_NONLOCALIZED);
    const bool ended =
        severity == "FATAL" || severity == "PANIC" || PQstatus(connection_.get()) != CONNECTION_OK;
    return PgError(
        one_line(text), {.kind = ended ? ErrorKind::connection_lost : classify(sqlstate),
                         .sqlstate = sqlstate,
                         .schema = error_field(result, PG_DIAG_SCHEMA_NAME),
                         .table = error_field(result, PG_DIAG_TABLE_NAME),
                         .constraint = error_field(result, PG_DIAG_CONSTRAINT_NAME)}
    );
}

void Connection::wait(bool for_writing, Deadline until) {
    const auto left = std::chrono::ceil<milliseconds>(until - steady_clock::now());
    if (left.count() <= 0) lose("no answer in time");
    pollfd descriptor{.fd = PQsocket(connection_.get()), .events = POLLIN, .revents = 0};
    if (for_writing) descriptor.events = POLLIN | POLLOUT;
    const int ready = ::poll(&descriptor, 1, static_cast<int>(left.count()));
    if (ready < 0 && errno != EINTR) lose(std::strerror(errno));
}

void Connection::flush(Deadline until) {
    for (;;) {
        const int left = PQflush(connection_.get());
        if (left == 0) return;
        if (left < 0) lose(PQerrorMessage(connection_.get()));
        wait(true, until);
        // The server may be waiting for us to read before it reads on.
        if (PQconsumeInput(connection_.get()) == 0) lose(PQerrorMessage(connection_.get()));
    }
}

pg_result* Connection::receive(Deadline until) {
    while (PQisBusy(connection_.get()) != 0) {
        wait(false, until);
        if (PQconsumeInput(connection_.get()) == 0) {
            // What the server said before it closed is more telling than the closed socket, if it said
            // anything.
            if (PQisBusy(connection_.get()) != 0) lose(PQerrorMessage(connection_.get()));
        }
    }
    return PQgetResult(connection_.get());
}

Rows Connection::receive_last(Deadline until) {
    flush(until);
    Rows last;
    std::optional<PgError> failure;
    while (pg_result* result = receive(until)) {
        Rows rows(result);
        const ExecStatusType status = PQresultStatus(result);
        if (status == PGRES_COPY_IN || status == PGRES_COPY_OUT || status == PGRES_COPY_BOTH) {
            lose("COPY is not spoken here");
        }
        if (status == PGRES_FATAL_ERROR || status == PGRES_BAD_RESPONSE) {
            if (!failure) failure = error_of(result);
        } else {
            last = std::move(rows);
        }
    }
    if (failure) {
        lost_ = failure->disconnected();
        throw PgError(*failure);
    }
    if (PQstatus(connection_.get()) != CONNECTION_OK) lose(PQerrorMessage(connection_.get()));
    return last;
}

Rows Connection::execute(const std::string& sql) {
    require_usable();
    if (PQsendQuery(connection_.get(), sql.c_str()) == 0) lose(PQerrorMessage(connection_.get()));
    return receive_last(deadline());
}

bool Connection::send_prepare_if_new(const Statement& statement) {
    if (*statement.name != '\0' && prepared_.contains(statement.name)) return false;
    if (PQsendPrepare(connection_.get(), statement.name, statement.sql, 0, nullptr) == 0) {
        lose(PQerrorMessage(connection_.get()));
    }
    return true;
}

void Connection::prepare(const Statement& statement) {
    if (!send_prepare_if_new(statement)) return;
    try {
        receive_last(deadline());
    } catch (const PgError& error) {
        // Nothing was executed yet, so nothing is in doubt.
        if (!error.in_doubt()) throw;
        throw PgError(error.what(), {.kind = ErrorKind::cannot_connect, .sqlstate = error.sqlstate()});
    }
    if (*statement.name != '\0') prepared_.insert(statement.name);
}

void Connection::send(const Statement& statement, const Params& params, Format format) {
    std::vector<const char*> values;
    std::vector<int> lengths;
    std::vector<int> formats;
    values.reserve(params.size());
    lengths.reserve(params.size());
    formats.reserve(params.size());
    for (const Params::Value& value : params.values_) {
        values.push_back(value.is_null ? nullptr : value.bytes.c_str());
        lengths.push_back(static_cast<int>(value.bytes.size()));
        formats.push_back(value.binary ? 1 : 0);
    }
    const int sent = PQsendQueryPrepared(
        connection_.get(), statement.name, static_cast<int>(params.size()), values.data(), lengths.data(),
        formats.data(), static_cast<int>(format)
    );
    if (sent == 0) lose(PQerrorMessage(connection_.get()));
}

Rows Connection::query(const Statement& statement, const Params& params, Format format) {
    require_usable();
    prepare(statement);
    send(statement, params, format);
    return receive_last(deadline());
}

std::vector<Rows> Connection::pipeline(std::span<const Call> calls) {
    require_usable();
    if (PQenterPipelineMode(connection_.get()) == 0) lose(PQerrorMessage(connection_.get()));
    // What each expected result belongs to: the name of a preparation, or null for a call.
    std::vector<const char*> expected;
    for (const Call& call : calls) {
        const std::string_view name = call.statement->name;
        const bool sent_here = !name.empty() && std::ranges::any_of(expected, [&](const char* prepared) {
            return prepared != nullptr && prepared == name;
        });
        if (!sent_here && send_prepare_if_new(*call.statement)) expected.push_back(call.statement->name);
        send(*call.statement, *call.params, call.format);
        expected.push_back(nullptr);
    }
    if (PQpipelineSync(connection_.get()) == 0) lose(PQerrorMessage(connection_.get()));
    return receive_pipeline(expected);
}

std::vector<Rows> Connection::receive_pipeline(const std::vector<const char*>& expected) {
    const Deadline until = deadline();
    flush(until);
    std::vector<Rows> all;
    std::optional<PgError> failure;
    for (std::size_t next = 0;;) {
        // Each statement's results end with a null; the sync's result has none after it.
        pg_result* result = receive(until);
        if (result == nullptr) {
            if (PQstatus(connection_.get()) != CONNECTION_OK) lose(PQerrorMessage(connection_.get()));
            continue;
        }
        Rows rows(result);
        const ExecStatusType status = PQresultStatus(result);
        if (status == PGRES_PIPELINE_SYNC) break;
        if (status == PGRES_FATAL_ERROR || status == PGRES_BAD_RESPONSE) {
            if (!failure) failure = error_of(result);
            if (failure->disconnected()) break;
        } else if (status != PGRES_PIPELINE_ABORTED) {
            // A preparation outlives the transaction it was sent in, even one that fails later.
            if (expected[next] != nullptr) {
                if (*expected[next] != '\0') prepared_.insert(expected[next]);
            } else {
                all.push_back(std::move(rows));
            }
        }
        ++next;
    }
    if (failure) lost_ = failure->disconnected();
    if (!lost_ && PQexitPipelineMode(connection_.get()) == 0) lose(PQerrorMessage(connection_.get()));
    if (failure) throw PgError(*failure);
    return all;
}

namespace {

bool hand_out_notifications(PGconn* connection, const std::function<void(std::string_view payload)>& handle) {
    bool any = false;
    while (PGnotify* notification = PQnotifies(connection)) {
        const std::string payload = notification->extra;
        PQfreemem(notification);
        handle(payload);
        any = true;
    }
    return any;
}

}  // namespace

void Connection::wait_notifications(
    int wake_fd, milliseconds wait_for, const std::function<void(std::string_view payload)>& handle
) {
    require_usable();
    // What came together with the answer to a statement is there already.
    if (hand_out_notifications(connection_.get(), handle)) return;
    std::array<pollfd, 2> descriptors{
        pollfd{.fd = PQsocket(connection_.get()), .events = POLLIN, .revents = 0},
        pollfd{.fd = wake_fd, .events = POLLIN, .revents = 0}
    };
    if (::poll(descriptors.data(), descriptors.size(), static_cast<int>(wait_for.count())) < 0 &&
        errno != EINTR) {
        lose(std::strerror(errno));
    }
    if (PQconsumeInput(connection_.get()) == 0) lose(PQerrorMessage(connection_.get()));
    hand_out_notifications(connection_.get(), handle);
}

Transaction::Transaction(Connection& connection) : connection_(connection) {
    connection_.execute("begin");
}

Transaction::~Transaction() {
    if (!open_ || !connection_.usable()) return;
    try {
        connection_.execute("rollback");
    } catch (const PgError& error) {
        // PostgreSQL undoes the transaction by itself when the session ends.
        runtime::log(runtime::Level::warning, "PG-91c4", "a rollback failed", {{"error", error.what()}});
    }
}

void Transaction::commit() {
    open_ = false;
    connection_.execute("commit");
}

}  // namespace annals::pg
