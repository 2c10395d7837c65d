#include "infra/crypto/jwt.hpp"

#include "infra/crypto/encoding.hpp"
#include "infra/crypto/random.hpp"
#include "infra/crypto/sha256.hpp"
#include "infra/crypto/verified_tokens.hpp"
#include "infra/runtime/config_error.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <map>
#include <random>
#include <set>

namespace annals::crypto {
namespace {

constexpr std::int64_t kNow = 1'800'000'000;
const TokenAuthority kAuthority{"annals", "annals-api"};

AccessClaims some_claims() {
    return {
        .user = new_id<UserId>(),
        .tenant = new_id<TenantId>(),
        .session = new_id<SessionId>(),
        .token = uuid7(),
        .issued_at_s = kNow,
        .expires_at_s = kNow + 600,
    };
}

/// One key, its issuer and verifier, and the tools of a forger who may even hold the key.
class AccessToken : public testing::Test {
protected:
    [[nodiscard]] std::string kid() const { return key_.public_key().kid(); }

    [[nodiscard]] std::string good_header() const {
        return fmt::format(R"({{"alg":"EdDSA","typ":"at+jwt","kid":"{}"}})", kid());
    }
    [[nodiscard]] std::string good_payload() const { return payload_of(issuer_.mint(claims_)); }

    static std::string payload_of(const std::string& token) {
        const auto first = token.find('.');
        return from_base64url(std::string_view{token}.substr(first + 1, token.rfind('.') - first - 1))
            .value();
    }

    static std::string unsigned_token(std::string_view header, std::string_view payload) {
        return to_base64url(as_bytes(header)) + "." + to_base64url(as_bytes(payload));
    }
    /// Signed with the right key, whatever it says.
    [[nodiscard]] std::string signed_token(std::string_view header, std::string_view payload) const {
        const auto text = unsigned_token(header, payload);
        return text + "." + to_base64url(key_.sign(text));
    }
    [[nodiscard]] std::string with_payload(std::string_view payload) const {
        return signed_token(good_header(), payload);
    }
    [[nodiscard]] std::string with_header(std::string_view header) const {
        return signed_token(header, good_payload());
    }
    /// The good payload with one piece of its text replaced.
    [[nodiscard]] std::string edited(std::string_view from, std::string_view to) const {
        auto payload = good_payload();
        const auto at = payload.find(from);
        EXPECT_NE(at, std::string::npos) << from;
        return with_payload(payload.replace(at, from.size(), to));
    }

    [[nodiscard]] std::optional<TokenFault> fault_of(std::string_view token, std::int64_t now_s = kNow + 1)
        const {
        const auto verdict = verifier_.verify(token, now_s);
        return verdict ? std::nullopt : std::optional{verdict.error()};
    }

    SigningKey key_{Key::generate()};
    AccessTokenIssuer issuer_{key_, kAuthority};
    AccessTokenVerifier verifier_{{key_.public_key()}, kAuthority};
    AccessClaims claims_ = some_claims();
};

TEST_F(AccessToken, CarriesItsClaims) {
    const auto token = issuer_.mint(claims_);
    EXPECT_EQ(verifier_.verify(token, kNow + 1), claims_);
    EXPECT_LT(token.size(), kAccessTokenBytesMax / 2);
    EXPECT_EQ(token, with_payload(good_payload())) << "the forger's tools make real tokens";
}

TEST_F(AccessToken, MayNameNoOrganization) {
    claims_.tenant.reset();
    EXPECT_EQ(verifier_.verify(issuer_.mint(claims_), kNow + 1), claims_);
    EXPECT_EQ(good_payload().find("tid"), std::string::npos);
}

TEST_F(AccessToken, HoldsFromIssueUntilExpiry) {
    const auto token = issuer_.mint(claims_);
    EXPECT_EQ(fault_of(token, kNow), std::nullopt);
    EXPECT_EQ(fault_of(token, kNow + 599), std::nullopt);
    EXPECT_EQ(fault_of(token, kNow + 600), TokenFault::expired);
    EXPECT_EQ(fault_of(token, kNow - kClockSkewMaxS), std::nullopt);
    EXPECT_EQ(fault_of(token, kNow - kClockSkewMaxS - 1), TokenFault::not_yet_valid);
}

TEST_F(AccessToken, OfAnotherAuthorityIsRefused) {
    for (const auto& authority :
         {TokenAuthority{"annals", "other"}, TokenAuthority{"other", "annals-api"},
          TokenAuthority{"annals2", "annals-api"}, TokenAuthority{"annals", "annals-ap"}}) {
        EXPECT_EQ(fault_of(AccessTokenIssuer(key_, authority).mint(claims_)), TokenFault::wrong_authority);
    }
}

TEST_F(AccessToken, OfAnOlderKeyHoldsWhileTheKeysRotate) {
    const SigningKey next{Key::generate()};
    const AccessTokenVerifier both{{next.public_key(), key_.public_key()}, kAuthority};
    EXPECT_TRUE(both.verify(issuer_.mint(claims_), kNow + 1));
    EXPECT_TRUE(both.verify(AccessTokenIssuer(next, kAuthority).mint(claims_), kNow + 1));
    EXPECT_EQ(fault_of(AccessTokenIssuer(next, kAuthority).mint(claims_)), TokenFault::unknown_key);
}

TEST_F(AccessToken, WithAForgedHeaderIsRefused) {
    const auto good = good_header();
    const auto k = kid();
    const std::map<std::string, std::string> headers{
        {"alg none", fmt::format(R"({{"alg":"none","typ":"at+jwt","kid":"{}"}})", k)},
        {"alg None", fmt::format(R"({{"alg":"None","typ":"at+jwt","kid":"{}"}})", k)},
        {"alg null", fmt::format(R"({{"alg":null,"typ":"at+jwt","kid":"{}"}})", k)},
        {"alg missing", fmt::format(R"({{"typ":"at+jwt","kid":"{}"}})", k)},
        {"alg HS256", fmt::format(R"({{"alg":"HS256","typ":"at+jwt","kid":"{}"}})", k)},
        {"alg RS256", fmt::format(R"({{"alg":"RS256","typ":"at+jwt","kid":"{}"}})", k)},
        {"alg ES256", fmt::format(R"({{"alg":"ES256","typ":"at+jwt","kid":"{}"}})", k)},
        {"alg Ed25519", fmt::format(R"({{"alg":"Ed25519","typ":"at+jwt","kid":"{}"}})", k)},
        {"alg lower case", fmt::format(R"({{"alg":"eddsa","typ":"at+jwt","kid":"{}"}})", k)},
        {"alg as list", fmt::format(R"({{"alg":["EdDSA"],"typ":"at+jwt","kid":"{}"}})", k)},
        {"alg twice", fmt::format(R"({{"alg":"none","alg":"EdDSA","typ":"at+jwt","kid":"{}"}})", k)},
        {"typ JWT", fmt::format(R"({{"alg":"EdDSA","typ":"JWT","kid":"{}"}})", k)},
        {"typ missing", fmt::format(R"({{"alg":"EdDSA","kid":"{}"}})", k)},
        {"typ of another token", fmt::format(R"({{"alg":"EdDSA","typ":"invite+jwt","kid":"{}"}})", k)},
        {"typ upper case", fmt::format(R"({{"alg":"EdDSA","typ":"AT+JWT","kid":"{}"}})", k)},
        {"typ with application/", fmt::format(R"({{"alg":"EdDSA","typ":"application/at+jwt","kid":"{}"}})", k)
        },
        {"kid missing", R"({"alg":"EdDSA","typ":"at+jwt"})"},
        {"kid empty", R"({"alg":"EdDSA","typ":"at+jwt","kid":""})"},
        {"kid unknown", R"({"alg":"EdDSA","typ":"at+jwt","kid":"a"})"},
        {"kid with a path", R"({"alg":"EdDSA","typ":"at+jwt","kid":"../../dev/null"})"},
        {"kid with SQL", R"({"alg":"EdDSA","typ":"at+jwt","kid":"' or 1=1 --"})"},
        {"kid cut", fmt::format(R"({{"alg":"EdDSA","typ":"at+jwt","kid":"{}"}})", k.substr(1))},
        {"jwk", good.substr(0, good.size() - 1) + R"(,"jwk":{"kty":"OKP"}})"},
        {"jku", good.substr(0, good.size() - 1) + R"(,"jku":"https://evil.example"})"},
        {"x5u", good.substr(0, good.size() - 1) + R"(,"x5u":"https://evil.example"})"},
        {"crit", good.substr(0, good.size() - 1) + R"(,"crit":["b64"],"b64":false})"},
        {"zip", good.substr(0, good.size() - 1) + R"(,"zip":"DEF"})"},
        {"members in another order", fmt::format(R"({{"typ":"at+jwt","alg":"EdDSA","kid":"{}"}})", k)},
        {"white space", fmt::format(R"({{ "alg":"EdDSA","typ":"at+jwt","kid":"{}"}})", k)},
        {"byte order mark", "\xEF\xBB\xBF" + good},
        {"escaped letters", fmt::format(R"({{"alg":"\u0045dDSA","typ":"at+jwt","kid":"{}"}})", k)},
        {"something behind it", good + " "},
        {"no object", "[]"},
        {"nothing", ""},
        {"no JSON", "x"},
    };
    for (const auto& [name, header] : headers)
        EXPECT_EQ(fault_of(with_header(header)), TokenFault::unknown_key) << name;
}

TEST_F(AccessToken, WithForgedClaimsIsRefusedEvenWhenTheSignatureHolds) {
    const auto payload = good_payload();
    const auto user = claims_.user.to_string();
    const auto exp = fmt::format(R"("exp":{})", claims_.expires_at_s);
    const auto iat = fmt::format(R"("iat":{})", claims_.issued_at_s);
    const std::map<std::string, std::string> tokens{
        {"iss missing", edited(R"("iss":"annals",)", "")},
        {"iss as list", edited(R"("iss":"annals")", R"("iss":["annals"])")},
        {"aud missing", edited(R"("aud":"annals-api",)", "")},
        {"aud as list", edited(R"("aud":"annals-api")", R"("aud":["annals-api"])")},
        {"aud longer", edited(R"("aud":"annals-api")", R"("aud":"annals-api2")")},
        {"client_id missing", edited(R"("client_id":"annals",)", "")},
        {"client_id of another", edited(R"("client_id":"annals")", R"("client_id":"other")")},
        {"sub missing", edited(R"("sub":")" + user + R"(",)", "")},
        {"sub empty", edited(user, "")},
        {"sub no UUID", edited(user, "admin")},
        {"sub upper case", edited(user, "AAAAAAAA-AAAA-7AAA-8AAA-AAAAAAAAAAAA")},
        {"sub in braces", edited(user, "{" + user + "}")},
        {"sub as number", edited('"' + user + '"', "1")},
        {"sub null", edited('"' + user + '"', "null")},
        {"sub longer", edited(user, user + "0")},
        {"tid empty", edited(claims_.tenant->to_string(), "")},
        {"tid twice", edited(R"("sid":)", R"("tid":")" + uuid7().to_string() + R"(","sid":)")},
        {"sid missing", edited(R"("sid":")" + claims_.session.to_string() + R"(",)", "")},
        {"jti missing", edited(R"("jti":")" + claims_.token.to_string() + R"(",)", "")},
        {"iat missing", edited(iat + ",", "")},
        {"iat negative", edited(iat, R"("iat":-1)")},
        {"iat zero", edited(iat, R"("iat":0)")},
        {"iat a text", edited(iat, R"("iat":"1800000000")")},
        {"exp missing", edited("," + exp, "")},
        {"exp a fraction", edited(exp, R"("exp":1800000600.5)")},
        {"exp with exponent", edited(exp, R"("exp":1e10)")},
        {"exp with plus", edited(exp, R"("exp":+1800000600)")},
        {"exp with leading zero", edited(exp, R"("exp":01800000600)")},
        {"exp a text", edited(exp, R"("exp":"1800000600")")},
        {"exp null", edited(exp, R"("exp":null)")},
        {"exp too large for 64 bits", edited(exp, R"("exp":99999999999999999999)")},
        {"exp twice", edited(exp, exp + R"(,"exp":9999999999)")},
        {"exp before iat", edited(exp, R"("exp":1799999999)")},
        {"life longer than an hour", edited(exp, R"("exp":1800003601)")},
        {"life of centuries", edited(exp, R"("exp":9999999999)")},
        {"member added", edited("}", R"(,"admin":true})")},
        {"members in another order",
         edited(R"("iss":"annals","aud":"annals-api")", R"("aud":"annals-api","iss":"annals")")},
        {"white space", edited(R"(,"sid")", R"(, "sid")")},
        {"line feed at the end", with_payload(payload + "\n")},
        {"second object behind it", with_payload(payload + payload)},
        {"cut", with_payload(payload.substr(0, payload.size() - 1))},
        {"empty object", with_payload("{}")},
        {"nothing", with_payload("")},
        {"list", with_payload("[" + payload + "]")},
        {"NUL byte", with_payload(payload + std::string(1, '\0'))},
        {"invalid UTF-8", edited(user, user + "\xff")},
    };
    for (const auto& [name, token] : tokens) {
        const auto fault = fault_of(token);
        EXPECT_TRUE(fault == TokenFault::malformed || fault == TokenFault::wrong_authority) << name;
    }
}

TEST_F(AccessToken, WithAWrongSignatureIsRefused) {
    const auto good = issuer_.mint(claims_);
    const auto text = good.substr(0, good.rfind('.'));
    const auto signature = from_base64url(good.substr(good.rfind('.') + 1)).value();
    auto beyond_order = signature;  // S + L signs the same in a lax verifier (RFC 8032 section 8.4)
    const auto order = from_hex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010").value();
    unsigned carry = 0;
    for (std::size_t i = 0; i < 32; ++i) {
        carry += static_cast<unsigned char>(signature[32 + i]) +
                 static_cast<unsigned>(static_cast<unsigned char>(order[i]));
        beyond_order[32 + i] = static_cast<char>(carry & 255U);
        carry >>= 8U;
    }
    const auto public_key = key_.public_key().bytes;
    const std::map<std::string, std::string> signatures{
        {"empty", ""},
        {"zeros", std::string(64, '\0')},
        {"short", signature.substr(1)},
        {"long", signature + '\0'},
        {"of another key",
         [&] {
             const auto other = SigningKey{Key::generate()}.sign(text);
             return std::string(other.begin(), other.end());
         }()},
        {"of another text",
         [&] {
             const auto other = key_.sign(text + "x");
             return std::string(other.begin(), other.end());
         }()},
        {"HMAC with the public key",
         [&] {
             const auto mac = hmac_sha256(public_key, text);
             return std::string(mac.begin(), mac.end());
         }()},
        {"S beyond the order", beyond_order},
    };
    for (const auto& [name, bytes] : signatures) {
        EXPECT_EQ(fault_of(text + "." + to_base64url(as_bytes(bytes))), TokenFault::bad_signature) << name;
    }
    EXPECT_EQ(fault_of(good + "="), TokenFault::bad_signature);
    EXPECT_EQ(fault_of(good + ".x"), TokenFault::bad_signature);
    EXPECT_EQ(fault_of(good + "\n"), TokenFault::bad_signature);
}

TEST_F(AccessToken, OfNoShapeIsRefused) {
    const auto good = issuer_.mint(claims_);
    const auto header = good.substr(0, good.find('.'));
    for (const std::string& token :
         {std::string{}, std::string{"."}, std::string{".."}, std::string{"..."}, std::string{"null"},
          std::string{"x.y"}, header, header + ".", header + "..", "." + good, " " + good, "Bearer " + good,
          good.substr(1), std::string(kAccessTokenBytesMax + 1, 'a'),
          good + std::string(kAccessTokenBytesMax, 'a'), std::string(1000, '.')}) {
        EXPECT_TRUE(fault_of(token)) << token;
    }
}

TEST_F(AccessToken, ChangedInAnyOneCharacterIsRefused) {
    const auto good = issuer_.mint(claims_);
    for (std::size_t i = 0; i < good.size(); ++i) {
        for (const char other : {'A', 'b', '.', '=', '\0'}) {
            if (good[i] == other) continue;
            auto changed = good;
            changed[i] = other;
            ASSERT_TRUE(fault_of(changed)) << "character " << i;
        }
    }
}

TEST_F(AccessToken, SurvivesRandomMutations) {
    const auto seed = std::random_device{}();
    RecordProperty("seed", std::to_string(seed));
    std::mt19937 random{seed};
    const auto good = issuer_.mint(claims_);
    for (int round = 0; round < 5000; ++round) {
        auto changed = good;
        for (unsigned edits = random() % 4 + 1; edits > 0; --edits) {
            const auto at = random() % changed.size();
            switch (random() % 3) {
                case 0:
                    changed.erase(at, random() % 8 + 1);
                    break;
                case 1:
                    changed.insert(at, 1, static_cast<char>(random() % 256));
                    break;
                default:
                    changed[at] = static_cast<char>(random() % 256);
            }
            if (changed.empty()) changed = ".";
        }
        if (changed != good) ASSERT_TRUE(fault_of(changed)) << "seed " << seed << ", round " << round;
    }
}

TEST_F(AccessToken, IsVerifiedByTheOnePublishedKey) {
    const auto x = to_base64url(key_.public_key().bytes);
    EXPECT_EQ(
        verifier_.jwks(),
        fmt::format(
            R"({{"keys":[{{"kty":"OKP","crv":"Ed25519","use":"sig","alg":"EdDSA","kid":"{}","x":"{}"}}]}})",
            kid(), x
        )
    );
}

TEST(SigningKey, IsNamedByItsThumbprint) {
    // RFC 8037 appendix A: key pair and thumbprint.
    const auto seed = from_base64url("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A").value();
    const SigningKey key{Key{as_bytes(seed).first<32>()}};
    EXPECT_EQ(to_base64url(key.public_key().bytes), "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo");
    EXPECT_EQ(key.public_key().kid(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    const auto signature = key.sign("eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc");
    EXPECT_EQ(
        to_base64url(signature),
        "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
    );
}

TEST(TokenAuthority, IsRefusedWhenItCannotStandInAToken) {
    const SigningKey key{Key::generate()};
    for (const auto* name : {"", "with \"quotes\"", "back\\slash", "spa ce", "ünicode", "line\nfeed"}) {
        EXPECT_THROW(AccessTokenIssuer(key, TokenAuthority{name, "a"}), runtime::ConfigError) << name;
        EXPECT_THROW(AccessTokenVerifier({key.public_key()}, TokenAuthority{"a", name}), runtime::ConfigError)
            << name;
    }
}

TEST_F(AccessToken, IsRememberedOnceVerifiedUntilItExpires) {
    VerifiedTokens tokens{verifier_};
    const auto token = issuer_.mint(claims_);
    EXPECT_EQ(tokens.verify(token, kNow + 1), claims_);
    EXPECT_EQ(tokens.verify(token, kNow + 2), claims_);
    EXPECT_EQ(tokens.size(), 1U);
    EXPECT_EQ(tokens.verify(token, kNow + 600).error(), TokenFault::expired);
    EXPECT_EQ(tokens.verify(token + "x", kNow + 1).error(), TokenFault::bad_signature);
    EXPECT_EQ(tokens.verify(std::string(5000, 'x'), kNow + 1).error(), TokenFault::malformed);
    EXPECT_EQ(tokens.size(), 1U) << "refused tokens take no room";
}

TEST_F(AccessToken, IsForgottenWhenTooManyOthersCome) {
    constexpr std::size_t kEntriesMax = 20;
    constexpr std::size_t kCapacity = 2 * VerifiedTokens::kShards * kEntriesMax;
    VerifiedTokens tokens{verifier_, kEntriesMax};
    const auto first = issuer_.mint(claims_);
    for (std::size_t i = 0; i < 3 * kCapacity; ++i) {
        claims_.token = uuid7();
        ASSERT_TRUE(tokens.verify(issuer_.mint(claims_), kNow + 1));
        ASSERT_TRUE(i % 100 != 0 || tokens.verify(first, kNow + 1)) << "what is in use stays valid";
    }
    EXPECT_LE(tokens.size(), kCapacity);
    EXPECT_GT(tokens.size(), kCapacity / 3);
}

}  // namespace
}  // namespace annals::crypto
