#include "projections/kernel/page.hpp"

#include <algorithm>

namespace annals {

std::size_t PageRequest::bounded_limit() const {
    return std::clamp(limit, kPageItemsMin, kPageItemsMax);
}

std::string keyset_tail(const SortOrder& order, bool descending, bool after, std::size_t first_param) {
    const auto param = [&](std::size_t offset) { return "$" + std::to_string(first_param + offset); };
    const std::string expression(order.expression);
    const std::string direction = descending ? " desc" : " asc";
    std::string sql;
    if (after) {
        sql += " and (" + expression + ", id) " + (descending ? "<" : ">") + " (" + param(1) +
               "::" + std::string(order.type) + ", " + param(2) + "::uuid)";
    } else {
        sql += " and " + param(1) + "::text is null and " + param(2) + "::uuid is null";
    }
    return sql + " order by " + expression + direction + ", id" + direction + " limit " + param(0) +
           "::bigint";
}

void add_page_params(const PageRequest& request, std::vector<QueryParam>& params) {
    params.emplace_back(std::to_string(request.bounded_limit() + 1));
    params.push_back(request.after ? QueryParam(request.after->key) : std::nullopt);
    params.push_back(request.after ? QueryParam(request.after->id.to_string()) : std::nullopt);
}

std::string like_pattern(std::string_view text) {
    std::string pattern = "%";
    for (const char c : text) {
        if (c == '%' || c == '_' || c == '\\') pattern += '\\';
        pattern += c;
    }
    return pattern + "%";
}

}  // namespace annals
