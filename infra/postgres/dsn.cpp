#include "infra/postgres/dsn.hpp"

#include "infra/postgres/pg_errors.hpp"

#include <libpq-fe.h>
#include <memory>

namespace annals::pg {

namespace {

template <class Use>
void for_each_keyword(const std::string& dsn, Use use) {
    char* message = nullptr;
    const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> options(
        PQconninfoParse(dsn.c_str(), &message), PQconninfoFree
    );
    if (!options) {
        const std::string text = message == nullptr ? "out of memory" : one_line(message);
        PQfreemem(message);
        throw PgError("not a PostgreSQL connection string: " + text, {.kind = ErrorKind::cannot_connect});
    }
    for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option) {
        use(*option);
    }
}

void put(std::string& out, std::string_view keyword, std::string_view value) {
    out += out.empty() ? "" : " ";
    out += keyword;
    out += "='";
    for (const char c : value) {
        if (c == '\'' || c == '\\') out.push_back('\\');
        out.push_back(c);
    }
    out += "'";
}

}  // namespace

std::string dsn_without(const std::string& dsn, std::string_view keyword) {
    std::string out;
    for_each_keyword(dsn, [&](const PQconninfoOption& option) {
        if (option.val != nullptr && option.keyword != keyword) put(out, option.keyword, option.val);
    });
    return out;
}

std::string dsn_with(const std::string& dsn, std::string_view keyword, std::string_view value) {
    std::string out = dsn_without(dsn, keyword);
    put(out, keyword, value);
    return out;
}

std::string dsn_value(const std::string& dsn, std::string_view keyword) {
    std::string found;
    for_each_keyword(dsn, [&](const PQconninfoOption& option) {
        if (option.keyword == keyword && option.val != nullptr) found = option.val;
    });
    return found;
}

}  // namespace annals::pg
