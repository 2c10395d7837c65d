#pragma once

#include "api/http/request.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace annals::http {

/// The preferences we know of RFC 7240. Unknown or broken ones are ignored, as it demands.
struct Prefer {
    std::optional<std::uint32_t> wait_s{};  ///< Bounded by kPreferWaitSecondsMax.
    bool return_minimal = false;
    bool return_representation = false;

    /// The value of Preference-Applied; empty when there is nothing to say.
    std::string applied() const;
};

Prefer read_prefer(const Request& request);

}  // namespace annals::http
