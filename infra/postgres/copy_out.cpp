#include "infra/postgres/connection.hpp"

#include <libpq-fe.h>
#include <memory>
#include <optional>

namespace annals::pg {

namespace {

struct FreeCopied {
    void operator()(char* bytes) const { PQfreemem(bytes); }
};

}  // namespace

void Connection::copy_out(
    const std::string& sql, const std::function<void(std::string_view bytes)>& message
) {
    require_usable();
    if (PQsendQuery(connection_.get(), sql.c_str()) == 0) lose(PQerrorMessage(connection_.get()));
    flush(deadline());
    pg_result* const first = receive(deadline());
    const Rows begun(first);
    std::optional<PgError> failure;
    const ExecStatusType status = PQresultStatus(first);
    if (status == PGRES_COPY_OUT) {
        // Should `message` throw, the rest of the copy still stands in the way of every other statement.
        lost_ = true;
        receive_copied(message);
        lost_ = false;
    } else if (status == PGRES_FATAL_ERROR || status == PGRES_BAD_RESPONSE) {
        failure = error_of(first);
    } else {
        lose("the statement was no COPY TO STDOUT");
    }
    receive_last(deadline());
    if (failure) throw PgError(*failure);
}

void Connection::receive_copied(const std::function<void(std::string_view bytes)>& message) {
    for (;;) {
        char* bytes = nullptr;
        const int length = PQgetCopyData(connection_.get(), &bytes, 1);
        const std::unique_ptr<char, FreeCopied> owner(bytes);
        // The end, or a failure that the statement's result tells.
        if (length < 0) return;
        if (length > 0) {
            message({bytes, static_cast<std::size_t>(length)});
            continue;
        }
        wait(false, deadline());
        if (PQconsumeInput(connection_.get()) == 0) lose(PQerrorMessage(connection_.get()));
    }
}

}  // namespace annals::pg
