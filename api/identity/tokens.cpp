#include "api/identity/tokens.hpp"

#include "api/http/base64url.hpp"

#include <algorithm>
#include <array>
#include <span>

namespace annals::identity {
namespace {

constexpr std::string_view kRefreshScope = "idn.refresh-token";
constexpr std::string_view kInvitationScope = "org.invitation-token";
constexpr std::size_t kIdBytes = 16;
constexpr std::size_t kGenerationBytes = 4;
constexpr std::size_t kRefreshBytes = 3 * kIdBytes + kGenerationBytes;
constexpr std::size_t kInvitationBytes = 2 * kIdBytes;

void append_id(std::string& bytes, const Uuid& id) {
    bytes.append(reinterpret_cast<const char*>(id.bytes.data()), id.bytes.size());
}

Uuid id_at(std::string_view bytes, std::size_t at) {
    Uuid id;
    std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(at), id.bytes.size(), id.bytes.begin());
    return id;
}

/// "payload.mac"; the scope keeps one kind of token from being taken for another.
std::string with_mac(Cryptography& cryptography, std::string_view scope, std::string_view payload) {
    const std::string text = http::base64url_encode(payload);
    return text + "." + cryptography.blind_index(scope, text);
}

/// The payload of a token whose keyed hash holds. The comparison looks at every byte, whatever differs.
std::optional<std::string> verified_payload(
    Cryptography& cryptography, std::string_view scope, std::string_view token, std::size_t size
) {
    const auto dot = token.find('.');
    if (dot == std::string_view::npos) return std::nullopt;
    const std::string expected = cryptography.blind_index(scope, token.substr(0, dot));
    const std::string_view mac = token.substr(dot + 1);
    if (mac.size() != expected.size()) return std::nullopt;
    unsigned difference = 0;
    for (std::size_t i = 0; i < mac.size(); ++i) {
        difference |= static_cast<unsigned char>(mac[i]) ^ static_cast<unsigned char>(expected[i]);
    }
    auto payload = http::base64url_decode(token.substr(0, dot));
    if (difference != 0 || !payload || payload->size() != size) return std::nullopt;
    return payload;
}

}  // namespace

std::string write_refresh_token(Cryptography& cryptography, const RefreshToken& token, const Uuid& random) {
    std::string payload;
    append_id(payload, token.user.value);
    append_id(payload, token.session.value);
    for (int shift = 24; shift >= 0; shift -= 8)
        payload += static_cast<char>(token.generation >> shift & 0xFFU);
    append_id(payload, random);
    return with_mac(cryptography, kRefreshScope, payload);
}

std::optional<RefreshToken> read_refresh_token(Cryptography& cryptography, std::string_view text) {
    const auto payload = verified_payload(cryptography, kRefreshScope, text, kRefreshBytes);
    if (!payload) return std::nullopt;
    RefreshToken token{UserId{id_at(*payload, 0)}, SessionId{id_at(*payload, kIdBytes)}, 0};
    for (std::size_t i = 0; i < kGenerationBytes; ++i) {
        token.generation = token.generation << 8U | static_cast<unsigned char>((*payload)[2 * kIdBytes + i]);
    }
    return token;
}

std::string token_hash(Cryptography& cryptography, std::string_view text) {
    const Digest digest = cryptography.sha256(text);
    return http::base64url_encode(
        std::string_view(reinterpret_cast<const char*>(digest.data()), digest.size())
    );
}

std::string write_invitation_token(Cryptography& cryptography, const InvitationToken& token) {
    std::string payload;
    append_id(payload, token.tenant.value);
    append_id(payload, token.invitation.value);
    return with_mac(cryptography, kInvitationScope, payload);
}

std::optional<InvitationToken> read_invitation_token(Cryptography& cryptography, std::string_view text) {
    const auto payload = verified_payload(cryptography, kInvitationScope, text, kInvitationBytes);
    if (!payload) return std::nullopt;
    return InvitationToken{TenantId{id_at(*payload, 0)}, InvitationId{id_at(*payload, kIdBytes)}};
}

}  // namespace annals::identity
