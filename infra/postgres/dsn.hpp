#pragma once

#include <string>
#include <string_view>

namespace annals::pg {

/// The DSN with a keyword set to a value, whatever it said before. Throws PgError when it is not a DSN.
std::string dsn_with(const std::string& dsn, std::string_view keyword, std::string_view value);
/// The DSN without a keyword.
std::string dsn_without(const std::string& dsn, std::string_view keyword);
/// What the DSN itself says for a keyword; empty when it says nothing.
std::string dsn_value(const std::string& dsn, std::string_view keyword);

}  // namespace annals::pg
