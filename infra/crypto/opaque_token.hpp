#pragma once

#include "infra/crypto/sha256.hpp"

#include <string>
#include <string_view>

namespace annals::crypto {

/// A 256-bit random secret as 43 characters of base64url: refresh, invitation and bootstrap tokens. Only its
/// hash is ever stored; the text is shown once.
std::string new_opaque_token();

/// What is stored of an opaque token: SHA-256 of its text. A slow hash is not needed for 256 random bits.
Digest token_hash(std::string_view token);

}  // namespace annals::crypto
