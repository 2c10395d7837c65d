#include "infra/postgres/rows.hpp"

#include "domain/kernel/assert.hpp"
#include "infra/postgres/wire.hpp"

#include <cstring>
#include <libpq-fe.h>
#include <string>

namespace annals::pg {

void Rows::Free::operator()(pg_result* result) const {
    PQclear(result);
}

std::size_t Rows::size() const {
    return result_ ? static_cast<std::size_t>(PQntuples(result_.get())) : 0;
}
std::size_t Rows::columns() const {
    return result_ ? static_cast<std::size_t>(PQnfields(result_.get())) : 0;
}

std::uint64_t Rows::changed() const {
    const std::string text = result_ ? PQcmdTuples(result_.get()) : "";
    return text.empty() ? 0 : std::stoull(text);
}

std::optional<std::string_view> Rows::at(std::size_t row, std::size_t column) const {
    ANNALS_ASSERT(row < size() && column < columns(), "the row and the column are there");
    const int r = static_cast<int>(row);
    const int c = static_cast<int>(column);
    if (PQgetisnull(result_.get(), r, c) != 0) return std::nullopt;
    return std::string_view(
        PQgetvalue(result_.get(), r, c), static_cast<std::size_t>(PQgetlength(result_.get(), r, c))
    );
}

std::string_view Rows::bytes(std::size_t row, std::size_t column) const {
    const auto value = at(row, column);
    ANNALS_ASSERT(value.has_value(), "the column is not null");
    return *value;
}

std::int64_t Rows::integer(std::size_t row, std::size_t column) const {
    const std::string_view value = bytes(row, column);
    ANNALS_ASSERT(PQfformat(result_.get(), static_cast<int>(column)) == 1, "the result is in binary form");
    ANNALS_ASSERT(value.size() == 2 || value.size() == 4 || value.size() == 8, "the value is an integer");
    return read_big_endian(value);
}

std::uint64_t Rows::count(std::size_t row, std::size_t column) const {
    const std::int64_t value = integer(row, column);
    ANNALS_ASSERT(value >= 0, "a count is not negative");
    return static_cast<std::uint64_t>(value);
}

bool Rows::boolean(std::size_t row, std::size_t column) const {
    const std::string_view value = bytes(row, column);
    ANNALS_ASSERT(value.size() == 1, "the value is a boolean");
    return value[0] != '\0';
}

Uuid Rows::uuid(std::size_t row, std::size_t column) const {
    const std::string_view value = bytes(row, column);
    Uuid id;
    ANNALS_ASSERT(value.size() == id.bytes.size(), "the value is a uuid");
    std::memcpy(id.bytes.data(), value.data(), id.bytes.size());
    return id;
}

Instant Rows::instant(std::size_t row, std::size_t column) const {
    return Instant{integer(row, column) + kPostgresEpochMicros};
}

}  // namespace annals::pg
