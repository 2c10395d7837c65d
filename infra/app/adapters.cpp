#include "infra/app/adapters.hpp"

#include "infra/crypto/encoding.hpp"
#include "infra/crypto/key_file.hpp"
#include "infra/crypto/password.hpp"
#include "infra/crypto/password_policy.hpp"
#include "infra/crypto/random.hpp"

#include <array>

namespace annals::app {

JwtTokens::JwtTokens(
    const crypto::SigningKey& key, const crypto::TokenAuthority& authority, std::int64_t lifetime_s
)
    : issuer_(key, authority),
      verifier_({key.public_key()}, authority),
      verified_(verifier_),
      lifetime_s_(lifetime_s) {}

std::optional<api::Principal> JwtTokens::verify(std::string_view token, Instant now) {
    const auto claims = verified_.verify(token, now.micros / kMicrosPerSecond);
    if (!claims) return std::nullopt;
    return api::Principal{claims->user, claims->tenant, claims->session, claims->expires_at_s};
}

std::string JwtTokens::mint(api::Principal& principal, Instant now) {
    crypto::AccessClaims claims;
    claims.user = principal.user;
    claims.tenant = principal.tenant;
    claims.session = principal.session;
    claims.token = crypto::uuid7();
    claims.issued_at_s = now.micros / kMicrosPerSecond;
    claims.expires_at_s = claims.issued_at_s + lifetime_s_;
    principal.expires_at_s = claims.expires_at_s;
    return issuer_.mint(claims);
}

std::string PooledPasswords::hash(const std::string& password) {
    return crypto::hash_password(password);
}

bool PooledPasswords::verify(const std::optional<std::string>& hash, const std::string& password) {
    const bool right = crypto::verify_password(hash ? *hash : crypto::dummy_password_hash(), password);
    return right && hash.has_value();
}

std::optional<std::string> PooledPasswords::weakness(const std::string& password, const std::string& email) {
    const std::array<std::string_view, 2> context{email, "annals"};
    const auto fault = crypto::check_password(password, context);
    if (!fault) return std::nullopt;
    return std::string(crypto::password_fault_message(*fault));
}

BootstrapToken::BootstrapToken(const std::string& path) {
    (void)crypto::create_key_file(path, "bootstrap token");
    text_ = crypto::to_base64url(crypto::read_key_file(path, "bootstrap token").bytes());
}

bool BootstrapToken::matches(std::string_view token) {
    return crypto::equal_constant_time(token, text_);
}

}  // namespace annals::app
