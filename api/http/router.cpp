#include "api/http/router.hpp"

#include "api/http/ascii.hpp"

#include <algorithm>
#include <stdexcept>

namespace annals::http {

namespace {

constexpr std::uint32_t bit(Method method) {
    return 1U << static_cast<unsigned>(method);
}
constexpr std::size_t index(Method method) {
    return static_cast<std::size_t>(method);
}

[[noreturn]] void refuse(std::string_view pattern, std::string_view why) {
    throw std::logic_error("route " + std::string(pattern) + ": " + std::string(why));
}

bool is_parameter(std::string_view segment) {
    return segment.starts_with('{') && segment.ends_with('}');
}

}  // namespace

Router::Router(std::span<const Row> rows) {
    nodes_.emplace_back();
    parameter_names_.resize(rows.size());
    for (std::uint32_t i = 0; i < rows.size(); ++i) insert(i, rows[i].method, rows[i].pattern);
}

void Router::insert(std::uint32_t row, Method method, std::string_view pattern) {
    if (!pattern.starts_with('/')) refuse(pattern, "must start with a slash");
    std::string_view rest = pattern.substr(1);
    std::uint32_t node = 0;
    for (bool more = true; more;) {
        more = rest.find('/') != std::string_view::npos;
        const std::string_view segment = next_piece(rest, '/');
        std::uint32_t child = kNone;
        if (is_parameter(segment)) {
            if (parameter_names_[row].size() == kPathParametersMax)
                refuse(pattern, "has too many parameters");
            parameter_names_[row].push_back(segment.substr(1, segment.size() - 2));
            child = nodes_[node].parameter;
        } else {
            if (segment.find_first_of("{}") != std::string_view::npos)
                refuse(pattern, "a parameter is a whole segment");
            child = literal_child(node, segment);
        }
        if (child == kNone) {
            child = static_cast<std::uint32_t>(nodes_.size());
            nodes_.emplace_back();
            if (is_parameter(segment)) {
                nodes_[node].parameter = child;
            } else {
                nodes_[node].literals.emplace_back(segment, child);
                std::ranges::sort(nodes_[node].literals);
            }
        }
        node = child;
    }
    if (nodes_[node].rows[index(method)] != kNone) refuse(pattern, "is given twice for one method");
    nodes_[node].rows[index(method)] = row;
    nodes_[node].allowed |= bit(method);
}

std::uint32_t Router::literal_child(std::uint32_t node, std::string_view segment) const {
    const auto& literals = nodes_[node].literals;
    const auto found =
        std::ranges::lower_bound(literals, segment, {}, &std::pair<std::string_view, std::uint32_t>::first);
    return found != literals.end() && found->first == segment ? found->second : kNone;
}

// Depth is bounded by the longest pattern, and each level tries two children at most.
bool Router::search(
    std::uint32_t node, Method method, std::span<const std::string_view> segments, Values& values,
    std::size_t value_count, Match& match
) const {
    if (segments.empty()) {
        const Node& end = nodes_[node];
        match.allowed |= end.allowed;
        std::uint32_t row = end.rows[index(method)];
        if (row == kNone && method == Method::head) row = end.rows[index(Method::get)];
        if (row == kNone) return false;
        match.row = row;
        for (std::size_t i = 0; i < value_count; ++i)
            match.parameters.add(parameter_names_[row][i], values[i]);
        return true;
    }
    const std::uint32_t literal = literal_child(node, segments.front());
    if (literal != kNone && search(literal, method, segments.subspan(1), values, value_count, match))
        return true;
    const std::uint32_t parameter = nodes_[node].parameter;
    if (parameter == kNone || segments.front().empty()) return false;
    values[value_count] = segments.front();
    return search(parameter, method, segments.subspan(1), values, value_count + 1, match);
}

Router::Match Router::match(Method method, std::span<const std::string_view> segments) const {
    Match match;
    Values values;
    if (search(0, method, segments, values, 0, match)) {
        match.outcome = Outcome::found;
    } else if (match.allowed != 0) {
        match.outcome = Outcome::unknown_method;
    }
    return match;
}

std::string Router::allow_header(std::uint32_t allowed) {
    if ((allowed & bit(Method::get)) != 0) allowed |= bit(Method::head);
    allowed |= bit(Method::options);
    std::string text;
    for (std::size_t i = 0; i < kMethodCount; ++i) {
        const auto method = static_cast<Method>(i);
        if ((allowed & bit(method)) == 0) continue;
        if (!text.empty()) text.append(", ");
        text.append(to_string(method));
    }
    return text;
}

}  // namespace annals::http
