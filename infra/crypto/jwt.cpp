#include "infra/crypto/jwt.hpp"

#include "domain/kernel/assert.hpp"
#include "infra/crypto/encoding.hpp"
#include "infra/runtime/config_error.hpp"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>

namespace annals::crypto {
namespace {

constexpr std::size_t kUuidLength = 36;
/// RFC 9068 requires a client; our own API is the only one there is.
constexpr std::string_view kClientId = "annals";

std::string header_segment(const PublicKey& key) {
    const auto header = fmt::format(R"({{"alg":"EdDSA","typ":"at+jwt","kid":"{}"}})", key.kid());
    return to_base64url(as_bytes(header));
}

void require_plain(std::string_view value, std::string_view what) {
    const bool plain = !value.empty() && std::ranges::all_of(value, [](char c) {
        return c > ' ' && c < '\x7f' && c != '"' && c != '\\';
    });
    if (!plain)
        throw runtime::ConfigError(
            fmt::format("{} must be printable ASCII without quotes, got '{}'", what, value)
        );
}

/// The members that are the same in every token. They come first, so that verifying is one comparison.
std::string claims_prefix(const TokenAuthority& authority) {
    require_plain(authority.issuer, "token issuer");
    require_plain(authority.audience, "token audience");
    return fmt::format(
        R"({{"iss":"{}","aud":"{}","client_id":"{}",)", authority.issuer, authority.audience, kClientId
    );
}

/// Reads claims in the one spelling that mint() writes; everything else fails.
class ClaimsReader {
public:
    explicit ClaimsReader(std::string_view rest) : rest_(rest) {}

    bool literal(std::string_view expected) {
        if (!rest_.starts_with(expected)) return false;
        rest_.remove_prefix(expected.size());
        return true;
    }

    bool uuid(Uuid& out) {
        const auto text = rest_.substr(0, kUuidLength);
        const auto parsed = Uuid::parse(text);
        if (!parsed || parsed->to_string() != text) return false;
        out = *parsed;
        rest_.remove_prefix(kUuidLength);
        return true;
    }

    bool seconds(std::int64_t& out) {
        const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), out);
        if (error != std::errc{} || out <= 0) return false;
        const auto length = static_cast<std::size_t>(end - rest_.data());
        if (rest_.starts_with('0')) return false;
        rest_.remove_prefix(length);
        return true;
    }

    [[nodiscard]] bool at_end() const { return rest_.empty(); }

private:
    std::string_view rest_;
};

std::optional<AccessClaims> read_claims(std::string_view after_prefix) {
    AccessClaims claims;
    ClaimsReader reader{after_prefix};
    if (!reader.literal(R"("sub":")") || !reader.uuid(claims.user.value)) return std::nullopt;
    if (reader.literal(R"(","tid":")")) {
        claims.tenant.emplace();
        if (!reader.uuid(claims.tenant->value)) return std::nullopt;
    }
    const bool whole = reader.literal(R"(","sid":")") && reader.uuid(claims.session.value) &&
                       reader.literal(R"(","jti":")") && reader.uuid(claims.token) &&
                       reader.literal(R"(","iat":)") && reader.seconds(claims.issued_at_s) &&
                       reader.literal(R"(,"exp":)") && reader.seconds(claims.expires_at_s) &&
                       reader.literal("}") && reader.at_end();
    if (!whole) return std::nullopt;
    return claims;
}

struct TokenParts {
    std::string_view header;
    std::string_view payload;
    std::string_view signature;
    std::string_view signed_text;
};

std::optional<TokenParts> split(std::string_view token) {
    const auto first = token.find('.');
    if (first == std::string_view::npos) return std::nullopt;
    const auto second = token.find('.', first + 1);
    if (second == std::string_view::npos) return std::nullopt;
    // A third dot ends up in the signature, where it is no base64url.
    return TokenParts{
        token.substr(0, first), token.substr(first + 1, second - first - 1), token.substr(second + 1),
        token.substr(0, second)
    };
}

}  // namespace

AccessTokenIssuer::AccessTokenIssuer(const SigningKey& key, const TokenAuthority& authority)
    : key_(key),
      header_segment_(header_segment(key.public_key())),
      claims_prefix_(claims_prefix(authority)) {}

std::string AccessTokenIssuer::mint(const AccessClaims& claims) const {
    ANNALS_ASSERT(
        claims.issued_at_s > 0 && claims.expires_at_s > claims.issued_at_s, "a token lives forward in time"
    );
    ANNALS_ASSERT(
        claims.expires_at_s - claims.issued_at_s <= kAccessTokenLifetimeMaxS,
        "an access token lives an hour at most"
    );
    std::string payload = claims_prefix_;
    payload += R"("sub":")" + claims.user.to_string();
    if (claims.tenant) payload += R"(","tid":")" + claims.tenant->to_string();
    payload += fmt::format(
        R"(","sid":"{}","jti":"{}","iat":{},"exp":{}}})", claims.session.to_string(),
        claims.token.to_string(), claims.issued_at_s, claims.expires_at_s
    );

    std::string token = header_segment_ + '.' + to_base64url(as_bytes(payload));
    const auto signature = key_.sign(token);
    token += '.';
    token += to_base64url(signature);
    return token;
}

AccessTokenVerifier::AccessTokenVerifier(const std::vector<PublicKey>& keys, const TokenAuthority& authority)
    : claims_prefix_(claims_prefix(authority)) {
    ANNALS_ASSERT(!keys.empty(), "a verifier without keys would refuse everybody");
    for (const auto& key : keys) keys_.push_back({key, header_segment(key)});
}

std::expected<AccessClaims, TokenFault> AccessTokenVerifier::verify(
    std::string_view token, std::int64_t now_s
) const {
    if (token.size() > kAccessTokenBytesMax) return std::unexpected(TokenFault::malformed);
    const auto parts = split(token);
    if (!parts) return std::unexpected(TokenFault::malformed);
    const auto known = std::ranges::find(keys_, parts->header, &KnownKey::header_segment);
    if (known == keys_.end()) return std::unexpected(TokenFault::unknown_key);
    const auto signature = from_base64url(parts->signature);
    if (!signature || !verify_signature(parts->signed_text, *signature, known->key)) {
        return std::unexpected(TokenFault::bad_signature);
    }

    const auto payload = from_base64url(parts->payload);
    if (!payload) return std::unexpected(TokenFault::malformed);
    if (!payload->starts_with(claims_prefix_)) return std::unexpected(TokenFault::wrong_authority);
    const auto claims = read_claims(std::string_view{*payload}.substr(claims_prefix_.size()));
    if (!claims) return std::unexpected(TokenFault::malformed);
    if (const auto fault = check_token_times(*claims, now_s)) return std::unexpected(*fault);
    return *claims;
}

std::string AccessTokenVerifier::jwks() const {
    std::string out = R"({"keys":[)";
    for (const auto& known : keys_) {
        if (out.back() == '}') out += ',';
        out += fmt::format(
            R"({{"kty":"OKP","crv":"Ed25519","use":"sig","alg":"EdDSA","kid":"{}","x":"{}"}})",
            known.key.kid(), to_base64url(known.key.bytes)
        );
    }
    return out + "]}";
}

std::optional<TokenFault> check_token_times(const AccessClaims& claims, std::int64_t now_s) {
    if (claims.expires_at_s <= claims.issued_at_s) return TokenFault::malformed;
    if (claims.expires_at_s - claims.issued_at_s > kAccessTokenLifetimeMaxS) return TokenFault::malformed;
    if (claims.issued_at_s > now_s + kClockSkewMaxS) return TokenFault::not_yet_valid;
    if (claims.expires_at_s <= now_s) return TokenFault::expired;
    return std::nullopt;
}

}  // namespace annals::crypto
