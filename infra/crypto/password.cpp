#include "infra/crypto/password.hpp"

#include "domain/kernel/assert.hpp"
#include "infra/crypto/opaque_token.hpp"
#include "infra/crypto/sodium_ready.hpp"

#include <array>
#include <sodium.h>
#include <stdexcept>

namespace annals::crypto {
namespace {

constexpr unsigned long long kPasses = 3;
constexpr std::size_t kMemoryBytes = 12 * 1024 * 1024;

}  // namespace

std::string hash_password(std::string_view password) {
    ensure_sodium();
    ANNALS_ASSERT(password.size() <= kPasswordBytesMax, "password policy let an over-long password through");
    std::array<char, crypto_pwhash_STRBYTES> phc{};
    const int hashed = crypto_pwhash_str_alg(
        phc.data(), password.data(), password.size(), kPasses, kMemoryBytes, crypto_pwhash_ALG_ARGON2ID13
    );
    if (hashed != 0) throw std::runtime_error("CRYPTO-9d44 no memory to hash a password");
    return phc.data();
}

bool verify_password(std::string_view phc, std::string_view password) {
    ensure_sodium();
    if (phc.size() >= crypto_pwhash_STRBYTES || password.size() > kPasswordBytesMax) return false;
    // libsodium reads a NUL-terminated string.
    const std::string terminated{phc};
    return crypto_pwhash_str_verify(terminated.c_str(), password.data(), password.size()) == 0;
}

bool needs_rehash(std::string_view phc) {
    ensure_sodium();
    if (phc.size() >= crypto_pwhash_STRBYTES) return true;
    const std::string terminated{phc};
    return crypto_pwhash_str_needs_rehash(terminated.c_str(), kPasses, kMemoryBytes) != 0;
}

const std::string& dummy_password_hash() {
    static const std::string kHash = hash_password(new_opaque_token());
    return kHash;
}

}  // namespace annals::crypto
