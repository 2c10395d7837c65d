#pragma once

#include "infra/crypto/key.hpp"

#include <expected>
#include <string>
#include <string_view>

namespace annals::crypto {

/// Why a sealed value does not open.
enum class OpenFault {
    malformed,  ///< not something seal() wrote
    wrong_key,  ///< sealed under another key
    tampered,   ///< changed since, or moved: the associated data is not the one it was sealed with
};

/// Encrypts with XChaCha20-Poly1305 (random 24-byte nonce) and binds the result to `associated_data`, which
/// is not stored and must be given again to open: name the subject, stream, event type and field there, so
/// that a ciphertext cannot be moved. Layout: 0x01, key check (16 bytes), nonce, ciphertext, tag (16 bytes);
/// 57 bytes more than the plain value. The key check, a keyed BLAKE2b of the nonce, commits to the key:
/// Poly1305 alone would allow one ciphertext that opens under two keys.
std::string seal_bytes(std::string_view plaintext, const Key& key, std::string_view associated_data);
std::expected<std::string, OpenFault> open_bytes(
    std::string_view sealed, const Key& key, std::string_view associated_data
);

/// The same as base64url text, for event lines.
std::string seal(std::string_view plaintext, const Key& key, std::string_view associated_data);
std::expected<std::string, OpenFault> open(
    std::string_view sealed_text, const Key& key, std::string_view associated_data
);

}  // namespace annals::crypto
