#pragma once

#include "infra/crypto/key.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace annals::crypto {

/// The public half of a signing key (Ed25519, RFC 8032), named by its JWK thumbprint (RFC 7638, RFC 8037).
struct PublicKey {
    std::array<std::uint8_t, 32> bytes{};

    [[nodiscard]] std::string kid() const;
};

using Signature = std::array<std::uint8_t, 64>;

/// An Ed25519 signing key. Immutable, any thread.
class SigningKey {
public:
    /// `seed` is the 32-byte secret of RFC 8032 section 5.1.5.
    explicit SigningKey(const Key& seed);
    ~SigningKey();
    SigningKey(const SigningKey&) = default;
    SigningKey& operator=(const SigningKey&) = default;

    /// Reads the key file, making it (0600) where it is missing. Throws runtime::ConfigError; see
    /// read_key_file.
    static SigningKey load_or_create(const std::string& path);

    [[nodiscard]] const PublicKey& public_key() const { return public_key_; }
    [[nodiscard]] Signature sign(std::string_view message) const;

private:
    std::array<std::uint8_t, 64> secret_{};
    PublicKey public_key_;
};

/// About 38 us: cache the verdict where the same message comes often.
bool verify_signature(std::string_view message, std::string_view signature, const PublicKey& key);

}  // namespace annals::crypto
