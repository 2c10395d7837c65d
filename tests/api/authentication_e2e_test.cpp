#include "api/http/base64url.hpp"
#include "infra/crypto/jwt.hpp"
#include "tests/api/route_cases.hpp"

#include <array>
#include <chrono>
#include <fmt/format.h>
#include <future>
#include <gmock/gmock.h>

namespace annals::test {
namespace {

/// How long an ended session may still be honoured: the setting session_check_ttl_s; and a
/// margin for a machine with other work.
constexpr std::chrono::milliseconds kRevocationLimit{5'000 + 1'500};

std::int64_t now_s() {
    return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch(
                                                            ))
        .count();
}

/// The claims of a token of ours, which is not verified here.
crypto::AccessClaims claims_of(const std::string& token) {
    const auto first = token.find('.');
    const Json claims = Json::parse(
        http::base64url_decode(token.substr(first + 1, token.find('.', first + 1) - first - 1)).value()
    );
    crypto::AccessClaims read;
    read.user = UserId::parse(claims.text("/sub")).value();
    read.tenant = TenantId::parse(claims.text("/tid"));
    read.session = SessionId::parse(claims.text("/sid")).value();
    read.token = Uuid::parse(claims.text("/jti")).value();
    read.issued_at_s = claims.number("/iat");
    read.expires_at_s = claims.number("/exp");
    return read;
}

class Authentication : public testing::Test {
protected:
    [[nodiscard]] std::string minted(
        crypto::AccessClaims claims, std::int64_t issued_at_s, const std::string& key = "keys/signing.key",
        const std::string& audience = "annals-api"
    ) const {
        claims.issued_at_s = issued_at_s;
        claims.expires_at_s = issued_at_s + 600;
        const auto signing_key = crypto::SigningKey::load_or_create(instance.file(key));
        return crypto::AccessTokenIssuer(signing_key, {"annals", audience}).mint(claims);
    }

    ServedInstance instance;
    TwoOrganizations people{instance};
    SmallBoard board{people.ada, "AUTH"};
    Ids ids = ids_of(people.engines, board, people.max_id);
};

TEST_F(Authentication, IsAskedForOnEveryRouteThatIsNotPublic) {
    const crypto::AccessClaims claims = claims_of(people.ada.token());
    ASSERT_EQ(
        people.ada.get(kApi + "/auth/me", {"Authorization: Bearer " + minted(claims, now_s())}).status, 200
    ) << "a token minted like ours must be accepted, or the others prove nothing";
    std::string altered = people.ada.token();
    altered[altered.size() / 2] = altered[altered.size() / 2] == 'x' ? 'y' : 'x';
    crypto::AccessClaims stranger = claims;
    stranger.user = UserId::parse(people.max_id).value();
    const Words refused{
        "X-Nothing: at all",
        "Authorization: Bearer",
        "Authorization: Bearer garbage",
        "Authorization: Bearer a.b.c",
        "Authorization: Basic YWRhOnBhc3N3b3Jk",
        "Authorization: Bearer " + altered,
        "Authorization: Bearer " + people.ada_refresh_token,
        "Authorization: Bearer " + people.last_invitation_token,
        "Authorization: Bearer " + instance.bootstrap_token(),
        "Authorization: Bearer " + minted(claims, now_s() - 700),
        "Authorization: Bearer " + minted(claims, now_s() + 300),
        "Authorization: Bearer " + minted(claims, now_s(), "keys/other.key"),
        "Authorization: Bearer " + minted(claims, now_s(), "keys/signing.key", "another-api"),
        "Authorization: Bearer " + minted(stranger, now_s()),
    };
    const auto before = instance.events();
    for (const api::Route& route : api::all_routes()) {
        if (is_public(route)) continue;
        for (const std::string& header : refused) {
            const Answer answer = call(people.public_client, route, ids, {header});
            EXPECT_EQ(answer.status, 401) << route.operation << ' ' << header << ' ' << answer;
            EXPECT_EQ(answer.code(), "UNAUTHENTICATED");
            EXPECT_THAT(answer.header("www-authenticate"), testing::HasSubstr("Bearer"));
        }
        const Answer in_query = people.public_client.send(
            http::to_string(route.method), path_of(route, ids) + "?access_token=" + people.ada.token()
        );
        EXPECT_EQ(in_query.status, 401) << route.operation;
    }
    EXPECT_EQ(instance.events(), before);
}

TEST_F(Authentication, TakesOneKindOfTokenInOnePlace) {
    const std::string tokens[] = {
        people.ada.token(), people.last_invitation_token, instance.bootstrap_token(), "garbage", ""
    };
    for (const std::string& token : tokens) {
        const Answer refreshed = people.public_client.post(
            kApi + "/auth/refresh", fmt::format(R"({{"refresh_token":"{}"}})", token)
        );
        EXPECT_THAT(refreshed.status, testing::AnyOf(410, 422)) << token << ' ' << refreshed;
    }
    for (const std::string& token :
         {people.ada.token(), people.ada_refresh_token, instance.bootstrap_token(),
          people.last_invitation_token}) {
        const Answer accepted = people.public_client.post(
            kApi + "/invitations/accept",
            fmt::format(R"({{"token":"{}","password":"{}","display_name":"Eve"}})", token, kPassword)
        );
        EXPECT_THAT(accepted.status, testing::AnyOf(410, 422)) << accepted;
    }
}

TEST_F(Authentication, EndsASessionWhoseSpentRefreshTokenComesBack) {
    const auto refresh = [&](const std::string& token) {
        return people.public_client.post(
            kApi + "/auth/refresh", fmt::format(R"({{"refresh_token":"{}"}})", token)
        );
    };
    const Answer first = refresh(people.ada_refresh_token);
    ASSERT_EQ(first.status, 200) << first;
    const Answer second = refresh(first.text("/refresh_token"));
    ASSERT_EQ(second.status, 200) << second;
    ApiClient ada(instance, second.text("/access_token"));
    const std::string task = kApi + "/tasks/" + board.first_task;
    ASSERT_EQ(ada.get(task).status, 200);
    ASSERT_EQ(ada.patch(task, R"({"title":"Still in"})").status, 200);

    const Answer stolen = refresh(people.ada_refresh_token);
    EXPECT_EQ(stolen.status, 410) << stolen;
    EXPECT_EQ(refresh(second.text("/refresh_token")).status, 410)
        << "the thief's or the owner's: both are out";
    EXPECT_TRUE(eventually(
        [&] { return ada.get(task).status == 401 && ada.patch(task, R"({"title":"In?"})").status == 401; },
        kRevocationLimit
    ));
    EXPECT_EQ(people.ada.get(task).status, 401) << "an older token of the same session";
    // Another session of the same person goes on.
    ApiClient again(instance, people.log_in("ada@example.org", people.engines));
    EXPECT_EQ(again.get(task).status, 200);
}

TEST_F(Authentication, LetsOneOfTwoSimultaneousRefreshesThroughAndEndsTheSession) {
    const std::string form = fmt::format(R"({{"refresh_token":"{}"}})", people.ada_refresh_token);
    const auto refresh = [&] { return ApiClient(instance).post(kApi + "/auth/refresh", form); };
    auto other = std::async(std::launch::async, refresh);
    const Answer mine = refresh();
    const Answer theirs = other.get();
    EXPECT_THAT((std::array{mine.status, theirs.status}), testing::UnorderedElementsAre(200, 410));
    const Answer& winner = mine.status == 200 ? mine : theirs;
    const std::string next = fmt::format(R"({{"refresh_token":"{}"}})", winner.text("/refresh_token"));
    EXPECT_EQ(people.public_client.post(kApi + "/auth/refresh", next).status, 410);
}

TEST_F(Authentication, LetsAnInvitationBeUsedOnce) {
    const Answer again = people.public_client.post(
        kApi + "/invitations/accept", fmt::format(
                                          R"({{"token":"{}","password":"{}","display_name":"Jacq"}})",
                                          people.last_invitation_token, kPassword
                                      )
    );
    EXPECT_THAT(again.status, testing::AnyOf(409, 410)) << again;
    const Answer wrong_password = people.public_client.post(
        kApi + "/invitations/accept",
        fmt::format(
            R"({{"token":"{}","password":"not the passphrase","display_name":"Jacq"}})",
            people.last_invitation_token
        )
    );
    EXPECT_THAT(wrong_password.status, testing::AnyOf(401, 409, 410)) << wrong_password;
}

TEST_F(Authentication, CountsWrongPasswordsWhereverTheyAreTriedAndTellsNothingOnceLocked) {
    const std::string token = people.jacq
                                  .must_post(
                                      kApi + "/orgs/" + people.looms + "/invitations",
                                      R"({"email":"max@example.org","roles":["member"]})"
                                  )
                                  .text("/token");
    const auto accept = [&](const std::string& password) {
        return people.public_client.post(
            kApi + "/invitations/accept",
            fmt::format(R"({{"token":"{}","password":"{}","display_name":"Max"}})", token, password)
        );
    };
    EXPECT_EQ(accept("x").status, 422) << "whether or not there is an account";
    for (int i = 0; i < 5; ++i) EXPECT_EQ(accept("not the passphrase").status, 401) << i;
    EXPECT_EQ(accept(std::string(kPassword)).status, 401) << "locked";
    const auto log_in = [&](const std::string& password, const std::string& more) {
        return people.public_client.post(
            kApi + "/auth/login",
            fmt::format(R"({{"login":"max@example.org","password":"{}"{}}})", password, more)
        );
    };
    const std::string nowhere = R"(,"tenant":"0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b")";
    const Answer right = log_in(std::string(kPassword), nowhere);
    EXPECT_EQ(right.status, 401) << right;
    EXPECT_EQ(right.without_instance(), log_in("not the passphrase", nowhere).without_instance());
}

TEST_F(Authentication, FailsALoginAtTheSameTimeWithAndWithoutAnAccount) {
    constexpr std::int64_t kStepMs = http::Limits{}.even_answer_ms;
    const auto took_ms = [&](std::string_view login) {
        const auto sent = std::chrono::steady_clock::now();
        const Answer answer = people.public_client.post(
            kApi + "/auth/login", fmt::format(R"({{"login":"{}","password":"not the passphrase"}})", login)
        );
        EXPECT_EQ(answer.status, 401) << answer;
        return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - sent)
            .count();
    };
    EXPECT_GE(took_ms("max@example.org"), kStepMs);
    EXPECT_GE(took_ms("nobody@example.org"), kStepMs);
}

TEST_F(Authentication, ComesBeforeALargeBody) {
    constexpr std::size_t kTooMuch = http::Limits{}.body_bytes_max + 1;
    const std::string body = R"({"commands":[)" + std::string(kTooMuch, ' ') + "]}";
    EXPECT_EQ(people.public_client.post(kApi + "/commands:batch", body).status, 401);
    EXPECT_EQ(people.max.post(kApi + "/commands:batch", body).status, 422) << "it was read";
}

TEST_F(Authentication, PublishesTheKeyThatSignsItsTokens) {
    const Answer keys = people.public_client.get("/.well-known/jwks.json");
    EXPECT_EQ(keys.text("/keys/0/kty"), "OKP") << keys;
    EXPECT_EQ(keys.text("/keys/0/crv"), "Ed25519");
    EXPECT_FALSE(keys.json.has("/keys/0/d")) << "the secret half must stay at home";
}

}  // namespace
}  // namespace annals::test
