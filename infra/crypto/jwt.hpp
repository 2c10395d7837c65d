#pragma once

#include "domain/kernel/ids.hpp"
#include "infra/crypto/signing_key.hpp"

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace annals::crypto {

/// Longest access token that is looked at; ours have about 600 characters.
inline constexpr std::size_t kAccessTokenBytesMax = 2048;
/// A token that claims to live longer was not minted by us.
inline constexpr std::int64_t kAccessTokenLifetimeMaxS = 3600;
/// How far another machine's clock may be ahead when it stamps `iat`.
inline constexpr std::int64_t kClockSkewMaxS = 30;

/// What an access token says (RFC 9068). Times are seconds since 1970.
struct AccessClaims {
    UserId user{};                     ///< sub
    std::optional<TenantId> tenant{};  ///< tid; absent before an organization is chosen
    SessionId session{};               ///< sid
    Uuid token{};                      ///< jti
    std::int64_t issued_at_s{0};       ///< iat
    std::int64_t expires_at_s{0};      ///< exp

    friend bool operator==(const AccessClaims&, const AccessClaims&) = default;
};

/// Who mints tokens and for whom. Both are printable ASCII without quotes and backslashes; the constructors
/// below throw runtime::ConfigError otherwise.
struct TokenAuthority {
    std::string issuer;
    std::string audience;
};

enum class TokenFault {
    malformed,    ///< no compact JWS of an acceptable length, or claims we would not write
    unknown_key,  ///< the header is not byte for byte the one of a known key: other alg, typ, kid or extra
                  ///< members
    bad_signature,
    wrong_authority,  ///< another issuer, audience or client
    not_yet_valid,    ///< issued in the future
    expired,
};

/// Mints access tokens: compact JWS, `alg` EdDSA, `typ` at+jwt. Immutable, any thread; about 15 us a token.
class AccessTokenIssuer {
public:
    AccessTokenIssuer(const SigningKey& key, const TokenAuthority& authority);

    [[nodiscard]] std::string mint(const AccessClaims& claims) const;

private:
    SigningKey key_;
    std::string header_segment_;
    std::string claims_prefix_;
};

/// Verifies access tokens after RFC 8725. Only we mint them, so nothing in a token is interpreted before its
/// signature holds: the header must equal, byte for byte, the one we write for a known key (hence no `alg` to
/// confuse), and the claims must be spelled exactly as we spell them. Immutable, any thread.
class AccessTokenVerifier {
public:
    /// Several keys while they rotate; at least one.
    AccessTokenVerifier(const std::vector<PublicKey>& keys, const TokenAuthority& authority);

    [[nodiscard]] std::expected<AccessClaims, TokenFault> verify(std::string_view token, std::int64_t now_s)
        const;
    /// The JSON Web Key Set of the keys (RFC 7517, RFC 8037).
    [[nodiscard]] std::string jwks() const;

private:
    struct KnownKey {
        PublicKey key;
        std::string header_segment;
    };
    std::vector<KnownKey> keys_;
    std::string claims_prefix_;
};

/// Whether the times of verified claims hold now.
std::optional<TokenFault> check_token_times(const AccessClaims& claims, std::int64_t now_s);

}  // namespace annals::crypto
