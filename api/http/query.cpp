#include "api/http/query.hpp"

#include "api/http/ascii.hpp"
#include "api/http/uri.hpp"

#include <algorithm>
#include <charconv>

namespace annals::http {

std::expected<QueryParameters, Problem> QueryParameters::parse(std::string_view query) {
    QueryParameters parameters;
    while (!query.empty()) {
        std::string_view value = next_piece(query, '&');
        const std::string_view raw_name = next_piece(value, '=');
        std::expected<std::string, std::string_view> name = percent_decode(raw_name, true);
        if (!name) return std::unexpected(make_problem("BAD_REQUEST", std::string(name.error())));
        if (name->empty())
            return std::unexpected(make_problem("BAD_REQUEST", "A query parameter has no name."));
        std::expected<std::string, std::string_view> text = percent_decode(value, true);
        if (!text) return std::unexpected(bad_parameter(*name, std::string(text.error())));
        if (parameters.find(*name))
            return std::unexpected(bad_parameter(*name, "The parameter is given twice."));
        if (parameters.items_.size() == kQueryParametersMax) {
            return std::unexpected(make_problem("BAD_REQUEST", "There are too many query parameters."));
        }
        parameters.items_.emplace_back(std::move(*name), std::move(*text));
    }
    return parameters;
}

std::optional<std::string_view> QueryParameters::find(std::string_view name) const {
    const auto found = std::ranges::find(items_, name, &std::pair<std::string, std::string>::first);
    if (found == items_.end()) return std::nullopt;
    return found->second;
}

std::expected<std::optional<std::uint64_t>, Problem> QueryParameters::number(
    std::string_view name, std::uint64_t min, std::uint64_t max
) const {
    const std::optional<std::string_view> text = find(name);
    if (!text) return std::nullopt;
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
    if (error != std::errc{} || end != text->data() + text->size() || value < min || value > max) {
        const std::string range = std::to_string(min) + " to " + std::to_string(max);
        return std::unexpected(bad_parameter(name, "Must be a whole number from " + range + "."));
    }
    return value;
}

std::optional<Problem> QueryParameters::refuse_unknown(std::initializer_list<std::string_view> known) const {
    for (const auto& [name, value] : items_) {
        if (std::ranges::find(known, name) != known.end()) continue;
        std::string detail = "Unknown parameter. Known are:";
        for (const std::string_view item : known) detail.append(" ").append(item);
        return bad_parameter(name, detail + ".");
    }
    return std::nullopt;
}

}  // namespace annals::http
