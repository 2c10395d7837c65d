#pragma once

#include "api/http/problem.hpp"

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace annals::http {

/// The strong entity tag of an aggregate's version: 7 becomes "\"7\"" (RFC 9110 section 8.8.3).
std::string make_etag(std::uint64_t version);

/// What the client says about the version it knows, from If-Match and If-None-Match.
struct VersionCondition {
    enum class Kind : std::uint8_t {
        any,     ///< No condition.
        exists,  ///< If-Match: *
        none,    ///< If-None-Match: * — there must be no such resource yet.
        exact,   ///< If-Match: "7"
        one_of,  ///< If-Match: "7", "8"
    };
    Kind kind = Kind::any;
    std::vector<std::uint64_t> versions{};

    bool holds(std::uint64_t current_version) const;
};

/// Reads If-Match and If-None-Match of a command. Refused with 400: weak tags, which If-Match can never
/// match; tags that are no version; both headers at once; and If-None-Match with anything but "*", which
/// means nothing on a command.
std::expected<VersionCondition, Problem> read_version_condition(const Request& request);

/// True when a GET may be answered 304: If-None-Match holds "*" or the tag (weak comparison, "-gzip" suffix
/// ignored).
bool is_not_modified(const Request& request, std::string_view etag);

/// The 304 with its ETag.
Response not_modified(std::string_view etag);

}  // namespace annals::http
