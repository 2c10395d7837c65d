#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace annals::test::fuzz {

/// One request as RFC 9112 divides bytes into requests.
struct ReferenceRequest {
    std::string_view method;
    std::string_view target;
    std::vector<std::pair<std::string_view, std::string_view>> fields;
    std::string body;
    std::size_t size = 0;  ///< bytes it takes, with its body
};

/// Reads the first request of `bytes`, written without a look at the product and without its limits. Nothing
/// when the bytes are no complete and unambiguous request. Whatever the product accepts this must accept
/// too, with the same boundaries: otherwise two servers on one path could see different requests.
std::optional<ReferenceRequest> read_reference(std::string_view bytes);

}  // namespace annals::test::fuzz
