#include "api/http/cursor.hpp"

#include "api/http/base64url.hpp"
#include "api/http/limits.hpp"
#include "domain/kernel/assert.hpp"

namespace annals::http {

namespace {

constexpr std::size_t kSignatureBytes = 16;
constexpr std::string_view kPurpose = "annals-cursor-v1";
constexpr std::size_t kKeyBytesMax = 0xffff;

void append_sized(std::string& out, std::string_view text) {
    out.push_back(static_cast<char>(text.size() >> 8));
    out.push_back(static_cast<char>(text.size() & 0xff));
    out.append(text);
}

std::optional<std::string> take_sized(std::string_view& rest) {
    if (rest.size() < 2) return std::nullopt;
    const std::size_t size = static_cast<std::uint8_t>(rest[0]) * 256U + static_cast<std::uint8_t>(rest[1]);
    if (rest.size() < 2 + size) return std::nullopt;
    std::string text(rest.substr(2, size));
    rest.remove_prefix(2 + size);
    return text;
}

/// Takes the same time wherever the texts differ.
bool equal_in_constant_time(std::string_view a, std::string_view b) {
    if (a.size() != b.size()) return false;
    unsigned difference = 0;
    for (std::size_t i = 0; i < a.size(); ++i) difference |= static_cast<unsigned>(a[i] ^ b[i]) & 0xffU;
    return difference == 0;
}

Problem invalid() {
    return make_problem(
        "CURSOR_INVALID", "The cursor does not belong to this query; start again without it."
    );
}

}  // namespace

std::string CursorCodec::signature(const Scope& scope, std::string_view payload) const {
    // Lengths precede the parts, so that no two different inputs make the same text.
    std::string text(kPurpose);
    for (const std::string_view part : {scope.realm, scope.query, payload}) {
        text.append(std::to_string(part.size())).append(":").append(part);
    }
    const std::array<std::uint8_t, 32> mac = hmac_(text);
    return {mac.begin(), mac.begin() + kSignatureBytes};
}

std::string CursorCodec::encode(const Scope& scope, std::span<const std::string> keys) const {
    ANNALS_ASSERT(keys.size() <= kCursorKeysMax, "a cursor has too many keys");
    std::string payload;
    for (const std::string& key : keys) {
        ANNALS_ASSERT(key.size() <= kKeyBytesMax, "a cursor key is too long");
        append_sized(payload, key);
    }
    return base64url_encode(payload + signature(scope, payload));
}

std::expected<std::vector<std::string>, Problem> CursorCodec::decode(
    const Scope& scope, std::string_view cursor, std::size_t key_count
) const {
    if (cursor.size() > kCursorCharactersMax) return std::unexpected(invalid());
    const std::optional<std::string> bytes = base64url_decode(cursor);
    if (!bytes || bytes->size() < kSignatureBytes) return std::unexpected(invalid());
    std::string_view payload = std::string_view(*bytes).substr(0, bytes->size() - kSignatureBytes);
    const std::string_view sent = std::string_view(*bytes).substr(payload.size());
    if (!equal_in_constant_time(sent, signature(scope, payload))) return std::unexpected(invalid());
    std::vector<std::string> keys;
    while (!payload.empty()) {
        std::optional<std::string> key = take_sized(payload);
        if (!key) return std::unexpected(invalid());
        keys.push_back(std::move(*key));
    }
    if (keys.size() != key_count) return std::unexpected(invalid());
    return keys;
}

}  // namespace annals::http
