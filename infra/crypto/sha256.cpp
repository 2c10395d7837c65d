#include "infra/crypto/sha256.hpp"

#include "infra/crypto/sodium_ready.hpp"

#include <memory>
#include <openssl/evp.h>
#include <sodium.h>
#include <stdexcept>

namespace annals::crypto {
namespace {

/// A context and a fetched algorithm that stay: making them anew costs more than hashing a line.
class Sha256Context {
public:
    Sha256Context() {
        if (!algorithm_ || !context_) throw std::runtime_error("CRYPTO-5b21 OpenSSL offers no SHA-256");
    }

    Digest hash(std::string_view prefix, std::string_view data) {
        Digest digest{};
        const bool done = EVP_DigestInit_ex2(context_.get(), algorithm_.get(), nullptr) == 1 &&
                          EVP_DigestUpdate(context_.get(), prefix.data(), prefix.size()) == 1 &&
                          EVP_DigestUpdate(context_.get(), data.data(), data.size()) == 1 &&
                          EVP_DigestFinal_ex(context_.get(), digest.data(), nullptr) == 1;
        if (!done) throw std::runtime_error("CRYPTO-77c0 SHA-256 failed in OpenSSL");
        return digest;
    }

private:
    struct Free {
        void operator()(EVP_MD* algorithm) const { EVP_MD_free(algorithm); }
        void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
    };
    std::unique_ptr<EVP_MD, Free> algorithm_{EVP_MD_fetch(nullptr, "SHA256", nullptr)};
    std::unique_ptr<EVP_MD_CTX, Free> context_{EVP_MD_CTX_new()};
};

Sha256Context& thread_context() {
    thread_local Sha256Context context;
    return context;
}

}  // namespace

Digest sha256(std::string_view data) {
    return thread_context().hash({}, data);
}

Digest leaf_hash(std::string_view line) {
    constexpr std::string_view kLeafPrefix{"\0", 1};
    return thread_context().hash(kLeafPrefix, line);
}

Digest hmac_sha256(ByteSpan key, std::string_view data) {
    ensure_sodium();
    crypto_auth_hmacsha256_state state;
    Digest mac{};
    const auto bytes = as_bytes(data);
    crypto_auth_hmacsha256_init(&state, key.data(), key.size());
    crypto_auth_hmacsha256_update(&state, bytes.data(), bytes.size());
    crypto_auth_hmacsha256_final(&state, mac.data());
    sodium_memzero(&state, sizeof state);
    return mac;
}

}  // namespace annals::crypto
