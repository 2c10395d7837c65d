#include "infra/crypto/sealing.hpp"

#include "infra/crypto/encoding.hpp"
#include "infra/crypto/random.hpp"
#include "infra/crypto/sodium_ready.hpp"

#include <array>
#include <sodium.h>

namespace annals::crypto {
namespace {

constexpr std::uint8_t kFormat = 0x01;
constexpr std::size_t kCheckBytes = 16;
constexpr std::size_t kNonceBytes = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr std::size_t kTagBytes = crypto_aead_xchacha20poly1305_ietf_ABYTES;
constexpr std::size_t kHeaderBytes = 1 + kCheckBytes + kNonceBytes;
constexpr std::string_view kCheckLabel = "annals.seal.key-check.v1";
static_assert(crypto_aead_xchacha20poly1305_ietf_KEYBYTES == Key::kBytes);

using KeyCheck = std::array<std::uint8_t, kCheckBytes>;

KeyCheck key_check(const Key& key, ByteSpan nonce) {
    KeyCheck check{};
    crypto_generichash_state state;
    const auto label = as_bytes(kCheckLabel);
    crypto_generichash_init(&state, key.bytes().data(), Key::kBytes, check.size());
    crypto_generichash_update(&state, label.data(), label.size());
    crypto_generichash_update(&state, nonce.data(), nonce.size());
    crypto_generichash_final(&state, check.data(), check.size());
    return check;
}

std::uint8_t* writable(std::string& text) {
    return reinterpret_cast<std::uint8_t*>(text.data());
}

}  // namespace

std::string seal_bytes(std::string_view plaintext, const Key& key, std::string_view associated_data) {
    ensure_sodium();
    std::array<std::uint8_t, kNonceBytes> nonce{};
    random_bytes(nonce);
    const auto check = key_check(key, nonce);

    std::string out;
    out.reserve(kHeaderBytes + plaintext.size() + kTagBytes);
    out += static_cast<char>(kFormat);
    out.append(check.begin(), check.end());
    out.append(nonce.begin(), nonce.end());
    out.resize(kHeaderBytes + plaintext.size() + kTagBytes);
    crypto_aead_xchacha20poly1305_ietf_encrypt(
        writable(out) + kHeaderBytes, nullptr, as_bytes(plaintext).data(), plaintext.size(),
        as_bytes(associated_data).data(), associated_data.size(), nullptr, nonce.data(), key.bytes().data()
    );
    return out;
}

std::expected<std::string, OpenFault> open_bytes(
    std::string_view sealed, const Key& key, std::string_view associated_data
) {
    ensure_sodium();
    const auto bytes = as_bytes(sealed);
    if (bytes.size() < kHeaderBytes + kTagBytes || bytes[0] != kFormat)
        return std::unexpected(OpenFault::malformed);
    const auto check = bytes.subspan(1, kCheckBytes);
    const auto nonce = bytes.subspan(1 + kCheckBytes, kNonceBytes);
    const auto ciphertext = bytes.subspan(kHeaderBytes);
    if (!equal_constant_time(check, key_check(key, nonce))) return std::unexpected(OpenFault::wrong_key);

    std::string plaintext(ciphertext.size() - kTagBytes, '\0');
    const int opened = crypto_aead_xchacha20poly1305_ietf_decrypt(
        writable(plaintext), nullptr, nullptr, ciphertext.data(), ciphertext.size(),
        as_bytes(associated_data).data(), associated_data.size(), nonce.data(), key.bytes().data()
    );
    if (opened != 0) return std::unexpected(OpenFault::tampered);
    return plaintext;
}

std::string seal(std::string_view plaintext, const Key& key, std::string_view associated_data) {
    return to_base64url(as_bytes(seal_bytes(plaintext, key, associated_data)));
}

std::expected<std::string, OpenFault> open(
    std::string_view sealed_text, const Key& key, std::string_view associated_data
) {
    const auto sealed = from_base64url(sealed_text);
    if (!sealed) return std::unexpected(OpenFault::malformed);
    return open_bytes(*sealed, key, associated_data);
}

}  // namespace annals::crypto
