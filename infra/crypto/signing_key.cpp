#include "infra/crypto/signing_key.hpp"

#include "infra/crypto/encoding.hpp"
#include "infra/crypto/key_file.hpp"
#include "infra/crypto/sha256.hpp"
#include "infra/crypto/sodium_ready.hpp"

#include <sodium.h>

namespace annals::crypto {

std::string PublicKey::kid() const {
    // RFC 7638 section 3.2: the required members of an OKP key in lexicographic order, no white space.
    const std::string jwk = R"({"crv":"Ed25519","kty":"OKP","x":")" + to_base64url(bytes) + R"("})";
    return to_base64url(sha256(jwk));
}

SigningKey::SigningKey(const Key& seed) {
    ensure_sodium();
    static_assert(crypto_sign_SEEDBYTES == Key::kBytes);
    crypto_sign_seed_keypair(public_key_.bytes.data(), secret_.data(), seed.bytes().data());
}

SigningKey::~SigningKey() {
    sodium_memzero(secret_.data(), secret_.size());
}

SigningKey SigningKey::load_or_create(const std::string& path) {
    constexpr std::string_view kWhat = "signing key";
    create_key_file(path, kWhat);
    return SigningKey{read_key_file(path, kWhat)};
}

Signature SigningKey::sign(std::string_view message) const {
    Signature signature{};
    crypto_sign_detached(signature.data(), nullptr, as_bytes(message).data(), message.size(), secret_.data());
    return signature;
}

bool verify_signature(std::string_view message, std::string_view signature, const PublicKey& key) {
    ensure_sodium();
    if (signature.size() != crypto_sign_BYTES) return false;
    return crypto_sign_verify_detached(
               as_bytes(signature).data(), as_bytes(message).data(), message.size(), key.bytes.data()
           ) == 0;
}

}  // namespace annals::crypto
