#include "infra/postgres/pg_errors.hpp"

namespace annals::pg {

ErrorKind classify(std::string_view sqlstate) {
    const std::string_view group = sqlstate.substr(0, 2);
    // 57P01 to 57P05 end the session. PostgreSQL may have committed before it noticed, so they leave it open.
    if (sqlstate.empty() || group == "08" || sqlstate.starts_with("57P")) return ErrorKind::connection_lost;
    if (sqlstate == "23505") return ErrorKind::unique_violation;
    if (sqlstate == "40001" || sqlstate == "40P01") return ErrorKind::conflict;
    if (sqlstate == "55P03") return ErrorKind::lock_timeout;
    if (sqlstate == "57014") return ErrorKind::statement_timeout;
    if (group == "53") return ErrorKind::no_space;
    if (sqlstate == "42501") return ErrorKind::refused;
    if (sqlstate == "42P01" || sqlstate == "42703" || sqlstate == "42883" || sqlstate == "3F000") {
        return ErrorKind::missing_object;
    }
    // Cardinality, data, constraints, program limits, RAISE: about the values that were sent. 22 has no
    // member that time heals.
    if (group == "21" || group == "22" || group == "23" || group == "54" || group == "P0")
        return ErrorKind::invalid;
    return ErrorKind::other;
}

std::string_view error_kind_name(ErrorKind kind) {
    switch (kind) {
        case ErrorKind::cannot_connect:
            return "cannot_connect";
        case ErrorKind::connection_lost:
            return "connection_lost";
        case ErrorKind::unique_violation:
            return "unique_violation";
        case ErrorKind::conflict:
            return "conflict";
        case ErrorKind::lock_timeout:
            return "lock_timeout";
        case ErrorKind::statement_timeout:
            return "statement_timeout";
        case ErrorKind::no_space:
            return "no_space";
        case ErrorKind::refused:
            return "refused";
        case ErrorKind::missing_object:
            return "missing_object";
        case ErrorKind::invalid:
            return "invalid";
        case ErrorKind::other:
            return "other";
    }
    return "other";
}

bool PgError::passes() const {
    switch (kind()) {
        case ErrorKind::cannot_connect:
        case ErrorKind::connection_lost:
        case ErrorKind::conflict:
        case ErrorKind::lock_timeout:
        case ErrorKind::statement_timeout:
        case ErrorKind::no_space:
            return true;
        case ErrorKind::other:
            return sqlstate() == "25006" || sqlstate().starts_with("57") || sqlstate().starts_with("58");
        case ErrorKind::unique_violation:
        case ErrorKind::refused:
        case ErrorKind::missing_object:
        case ErrorKind::invalid:
            return false;
    }
    return false;
}

std::string one_line(std::string_view text) {
    std::string line;
    for (const char c : text) {
        if (c != '\n' && c != '\t') {
            line.push_back(c);
        } else if (!line.empty() && line.back() != ' ') {
            line.push_back(' ');
        }
    }
    while (!line.empty() && line.back() == ' ') line.pop_back();
    return line;
}

}  // namespace annals::pg
