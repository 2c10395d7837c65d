#include "infra/crypto/key.hpp"

#include "infra/crypto/sodium_ready.hpp"

#include <algorithm>
#include <sodium.h>

namespace annals::crypto {

Key::Key(std::span<const std::uint8_t, kBytes> bytes) {
    std::ranges::copy(bytes, bytes_.begin());
}

Key Key::generate() {
    ensure_sodium();
    std::array<std::uint8_t, kBytes> bytes{};
    randombytes_buf(bytes.data(), bytes.size());
    const Key key{bytes};
    sodium_memzero(bytes.data(), bytes.size());
    return key;
}

Key::~Key() {
    sodium_memzero(bytes_.data(), bytes_.size());
}

bool operator==(const Key& left, const Key& right) {
    return sodium_memcmp(left.bytes_.data(), right.bytes_.data(), Key::kBytes) == 0;
}

}  // namespace annals::crypto
