#pragma once

#include "api/http/problem.hpp"

#include <cstdint>
#include <expected>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace annals::http {

/// The decoded parameters of a query string, in the order they came; no name twice.
class QueryParameters {
public:
    /// Strict: broken escapes, control characters, invalid UTF-8, empty names, a name given twice and more
    /// than kQueryParametersMax parameters are refused. "?verbose" is a parameter with an empty value; "+" is
    /// a space.
    static std::expected<QueryParameters, Problem> parse(std::string_view query);

    std::optional<std::string_view> find(std::string_view name) const;

    /// A whole number in [min, max]; nothing when absent.
    std::expected<std::optional<std::uint64_t>, Problem> number(
        std::string_view name, std::uint64_t min, std::uint64_t max
    ) const;

    /// The problem of the first parameter that is not in the list; it names the list, so that a typing error
    /// explains itself instead of being ignored.
    std::optional<Problem> refuse_unknown(std::initializer_list<std::string_view> known) const;

    const std::vector<std::pair<std::string, std::string>>& items() const { return items_; }

private:
    std::vector<std::pair<std::string, std::string>> items_;
};

}  // namespace annals::http
