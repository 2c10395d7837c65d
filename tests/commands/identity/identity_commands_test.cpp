#include "domain/identity/session.hpp"
#include "domain/identity/user.hpp"
#include "tests/support/command_world.hpp"

#include <gtest/gtest.h>

namespace annals::identity {
namespace {

using test::code_of;
using test::CommandWorld;
using test::id;
using Types = std::vector<std::string>;

RecordLogin login(CommandWorld& world, SessionId session, CredentialId credential) {
    return {
        .session_id = session,
        .credential_id = credential,
        .token_hash = Secret::trusted("first"),
        .expires_at = world.clock.now() + 3600 * kMicrosPerSecond,
    };
}

TEST(UserCommands, RegisterAPersonInTheirOwnRealmWithThePasswordInTheVault) {
    CommandWorld world;
    const UserId ada{world.ids.next()};
    const auto command = world.registration("ada@example.org");
    ASSERT_EQ("accepted", code_of(world.send(ada, realm_of(ada), ada.value, command)));
    EXPECT_EQ((Types{"idn.UserRegistered"}), world.event_types(ada.value));
    EXPECT_EQ("hash of ada@example.org", world.log.credential(command.credential_id));
    const auto line = world.log.events().front().line;
    EXPECT_EQ(std::string::npos, line.find("ada@example.org")) << "the address is sealed";
    EXPECT_EQ(std::string::npos, line.find("hash of")) << "the password is not in the log";
}

TEST(UserCommands, RegisterAnAddressOnce) {
    CommandWorld world;
    world.register_user("ada@example.org");
    const UserId other{world.ids.next()};
    const auto again = world.send(other, realm_of(other), other.value, world.registration("ADA@example.org"));
    EXPECT_EQ("DUPLICATE", code_of(again));
    EXPECT_EQ((Types{"/email"}), test::pointers_of(again));
    EXPECT_EQ(Types{}, world.event_types(other.value));
}

TEST(UserCommands, BeginASessionWithALogin) {
    CommandWorld world;
    const UserId ada = world.register_user("ada@example.org");
    const SessionId session{world.ids.next()};
    const CredentialId credential{world.ids.next()};
    ASSERT_EQ(
        "accepted", code_of(world.send(ada, realm_of(ada), ada.value, login(world, session, credential)))
    );
    EXPECT_EQ((Types{"idn.UserRegistered", "idn.LoginSucceeded"}), world.event_types(ada.value));
    EXPECT_EQ((Types{"idn.SessionStarted"}), world.event_types(session.value));
    EXPECT_EQ("first", world.log.credential(credential));
}

TEST(UserCommands, LockTheAccountAtTheFifthFailure) {
    CommandWorld world;
    const UserId ada = world.register_user("ada@example.org");
    const RecordLoginFailure failure{.reason = LoginFailure::wrong_password};
    for (int i = 0; i < 5; ++i) {
        ASSERT_EQ("accepted", code_of(world.send(ada, realm_of(ada), ada.value, failure)));
    }
    const auto attempt = login(world, SessionId{world.ids.next()}, CredentialId{world.ids.next()});
    EXPECT_EQ("UNAUTHENTICATED", code_of(world.send(ada, realm_of(ada), ada.value, attempt)));
    EXPECT_EQ(Types{}, world.event_types(attempt.session_id.value));
    world.clock.advance(User::kLockMicros);
    EXPECT_EQ("accepted", code_of(world.send(ada, realm_of(ada), ada.value, attempt)));
}

TEST(SessionCommands, ReplaceTheTokenAndEndTheSessionWhenAnOldOneComesBack) {
    CommandWorld world;
    const UserId ada = world.register_user("ada@example.org");
    const TenantId realm = realm_of(ada);
    const SessionId session{world.ids.next()};
    const CredentialId credential{world.ids.next()};
    ASSERT_EQ("accepted", code_of(world.send(ada, realm, ada.value, login(world, session, credential))));
    const RefreshSession first{.presented_generation = 0, .next_token_hash = Secret::trusted("second")};
    ASSERT_EQ("accepted", code_of(world.send(ada, realm, session.value, first)));
    EXPECT_EQ("second", world.log.credential(credential));
    const RefreshSession stolen{.presented_generation = 0, .next_token_hash = Secret::trusted("third")};
    ASSERT_EQ("accepted", code_of(world.send(ada, realm, session.value, stolen)));
    EXPECT_EQ("second", world.log.credential(credential));
    EXPECT_EQ(SessionStatus::compromised, world.state<Session>(realm, session.value).status);
    EXPECT_EQ("TOKEN_INVALID", code_of(world.send(ada, realm, session.value, first)));
}

TEST(SessionCommands, RevokeOnce) {
    CommandWorld world;
    const UserId ada = world.register_user("ada@example.org");
    const SessionId session{world.ids.next()};
    const auto begin = login(world, session, CredentialId{world.ids.next()});
    ASSERT_EQ("accepted", code_of(world.send(ada, realm_of(ada), ada.value, begin)));
    for (int i = 0; i < 2; ++i) {
        EXPECT_EQ("accepted", code_of(world.send(ada, realm_of(ada), session.value, RevokeSession{})));
    }
    EXPECT_EQ((Types{"idn.SessionStarted", "idn.SessionRevoked"}), world.event_types(session.value));
    EXPECT_EQ("NOT_FOUND", code_of(world.send(ada, realm_of(ada), test::uuid(1), RevokeSession{})));
}

}  // namespace
}  // namespace annals::identity
