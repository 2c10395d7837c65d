#include "infra/crypto/opaque_token.hpp"

#include "infra/crypto/random.hpp"

#include <array>

namespace annals::crypto {

std::string new_opaque_token() {
    std::array<std::uint8_t, 32> secret{};
    random_bytes(secret);
    return to_base64url(secret);
}

Digest token_hash(std::string_view token) {
    return sha256(token);
}

}  // namespace annals::crypto
