#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace annals::http {

/// The methods this server knows. Anything else, TRACE and CONNECT included, is answered 405 before routing.
enum class Method : std::uint8_t { get, head, post, put, patch, del, options };

inline constexpr std::size_t kMethodCount = 7;

/// Methods are case-sensitive (RFC 9110 section 9.1): "get" is not GET.
std::optional<Method> parse_method(std::string_view text);
std::string_view to_string(Method method);

}  // namespace annals::http
