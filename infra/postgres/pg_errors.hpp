#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

namespace annals::pg {

/// What a failure means to the code that has to go on. One place knows SQLSTATEs: classify().
enum class ErrorKind : std::uint8_t {
    cannot_connect,     ///< no session could be had; nothing was sent
    connection_lost,    ///< the session ended after a statement was sent: it may have been committed
    unique_violation,   ///< see PgError::constraint() and table()
    conflict,           ///< serialization failure or deadlock: the same again may succeed
    lock_timeout,       ///< a lock was not granted in time
    statement_timeout,  ///< the server gave the statement up
    no_space,           ///< disk full or another resource of the server used up
    refused,            ///< the role lacks a right, or row-level security said no
    missing_object,     ///< a table, column, function or schema does not exist
    invalid,            ///< the values are refused, and would be each time
    other
};

/// `sqlstate` as PostgreSQL's Appendix A lists them.
ErrorKind classify(std::string_view sqlstate);
std::string_view error_kind_name(ErrorKind kind);

/// The text with line feeds and tabs as single spaces, for logs.
std::string one_line(std::string_view text);

/// A statement or a connection failed. The text is one line and names no values.
class PgError : public std::runtime_error {
public:
    struct Details {
        ErrorKind kind{ErrorKind::other};
        std::string sqlstate{};
        std::string schema{};
        std::string table{};
        std::string constraint{};
    };
    PgError(const std::string& message, Details details)
        : std::runtime_error(message), details_(std::move(details)) {}

    [[nodiscard]] ErrorKind kind() const { return details_.kind; }
    [[nodiscard]] const std::string& sqlstate() const { return details_.sqlstate; }
    /// "schema.table" of a violated constraint, else empty.
    [[nodiscard]] std::string table() const {
        return details_.table.empty() ? std::string{} : details_.schema + "." + details_.table;
    }
    [[nodiscard]] const std::string& constraint() const { return details_.constraint; }
    /// The session is gone, and the statement that was sent may have been committed.
    [[nodiscard]] bool in_doubt() const { return details_.kind == ErrorKind::connection_lost; }
    /// The same may succeed later: nothing is wrong with what was asked.
    [[nodiscard]] bool passes() const;
    /// The session is gone or never was.
    [[nodiscard]] bool disconnected() const { return in_doubt() || kind() == ErrorKind::cannot_connect; }

private:
    Details details_;
};

}  // namespace annals::pg
