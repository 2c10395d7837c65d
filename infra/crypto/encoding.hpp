#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace annals::crypto {

using ByteSpan = std::span<const std::uint8_t>;

/// The bytes of a text or of a buffer held in a string.
ByteSpan as_bytes(std::string_view text);

/// Lower-case hexadecimal, two characters per byte.
std::string to_hex(ByteSpan bytes);
/// Reads hexadecimal of either case; an odd length or another character is nothing.
std::optional<std::string> from_hex(std::string_view text);

/// Base64url without padding (RFC 4648 section 5).
std::string to_base64url(ByteSpan bytes);
/// Strict: padding, other alphabets and non-zero bits after the last byte are refused, so that one value has
/// one text.
std::optional<std::string> from_base64url(std::string_view text);

/// Compares in a time that depends on the lengths alone. For tokens, hashes and MACs.
bool equal_constant_time(std::string_view left, std::string_view right);
bool equal_constant_time(ByteSpan left, ByteSpan right);

}  // namespace annals::crypto
