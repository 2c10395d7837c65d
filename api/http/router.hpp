#pragma once

#include "api/http/request.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace annals::http {

/// Finds the route of a method and a path. Built once from a table; immutable and therefore safe from all
/// threads.
///
/// Patterns are paths whose segments are literals or whole `{name}` parameters:
/// "/api/v1/projects/{id}/board",
/// "/api/v1/commands:batch". A literal wins over a parameter at the same place. A parameter never takes an
/// empty segment. HEAD is served by GET's route where a path has no HEAD of its own.
class Router {
public:
    struct Row {
        Method method;
        std::string_view pattern;  ///< Must outlive the router: parameter names are views of it.
    };

    enum class Outcome : std::uint8_t { found, unknown_path, unknown_method };

    struct Match {
        Outcome outcome = Outcome::unknown_path;
        std::size_t row = 0;  ///< Index into the table, when found.
        PathParameters parameters;
        std::uint32_t allowed = 0;  ///< Methods the path has, a bit for each; set when the path is known.
    };

    /// Throws std::logic_error on a malformed pattern and on a method given twice for one pattern.
    explicit Router(std::span<const Row> rows);

    Match match(Method method, std::span<const std::string_view> segments) const;

    /// "GET, HEAD, POST, OPTIONS" for Match::allowed; the text of the Allow header.
    static std::string allow_header(std::uint32_t allowed);

private:
    static constexpr std::uint32_t kNone = 0xffffffff;

    struct Node {
        std::vector<std::pair<std::string_view, std::uint32_t>> literals;  ///< Sorted by text.
        std::uint32_t parameter = kNone;
        std::array<std::uint32_t, kMethodCount> rows;
        std::uint32_t allowed = 0;
        Node() { rows.fill(kNone); }
    };

    using Values = std::array<std::string_view, kPathParametersMax>;

    void insert(std::uint32_t row, Method method, std::string_view pattern);
    std::uint32_t literal_child(std::uint32_t node, std::string_view segment) const;
    bool search(
        std::uint32_t node, Method method, std::span<const std::string_view> segments, Values& values,
        std::size_t value_count, Match& match
    ) const;

    std::vector<Node> nodes_;
    std::vector<std::vector<std::string_view>> parameter_names_;  ///< For each row.
};

}  // namespace annals::http
