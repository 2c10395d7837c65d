#include "infra/crypto/master_key.hpp"

#include "infra/crypto/key_file.hpp"
#include "infra/crypto/sodium_ready.hpp"

#include <sodium.h>

namespace annals::crypto {

namespace {

constexpr char kContext[crypto_kdf_CONTEXTBYTES + 1] = "annalsmk";
static_assert(crypto_kdf_KEYBYTES == Key::kBytes);

}  // namespace

MasterKey MasterKey::load(const std::string& path) {
    return MasterKey{read_key_file(path, "master key")};
}

Key MasterKey::derive(KeyPurpose purpose) const {
    ensure_sodium();
    std::array<std::uint8_t, Key::kBytes> bytes{};
    crypto_kdf_derive_from_key(
        bytes.data(), bytes.size(), static_cast<std::uint64_t>(purpose), kContext, key_.bytes().data()
    );
    const Key key{bytes};
    sodium_memzero(bytes.data(), bytes.size());
    return key;
}

}  // namespace annals::crypto
