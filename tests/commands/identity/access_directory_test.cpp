#include "commands/identity/access_directory.hpp"

#include "domain/identity/user.hpp"
#include "tests/support/command_world.hpp"

#include <gtest/gtest.h>

namespace annals::test {
namespace {

using identity::User;

class AccessDirectoryOverALog : public ::testing::Test {
protected:
    void fail_a_login() {
        const identity::RecordLoginFailure failure{.reason = identity::LoginFailure::wrong_password};
        ASSERT_EQ("accepted", code_of(world.send(ada, realm_of(ada), ada.value, failure)));
    }
    void log_in() {
        const identity::RecordLogin login{
            .session_id = SessionId{world.ids.next()},
            .credential_id = CredentialId{world.ids.next()},
            .token_hash = Secret::trusted("token"),
            .expires_at = world.clock.now() + 3600 * kMicrosPerSecond,
        };
        ASSERT_EQ("accepted", code_of(world.send(ada, realm_of(ada), ada.value, login)));
    }
    std::unique_ptr<AccessDirectory> open() {
        return std::make_unique<AccessDirectory>(
            world.log.open(), world.cryptography, CommandWorld::kPartitions
        );
    }
    User::State fresh() { return open()->find_account(ada).value().state; }

    CommandWorld world;
    const UserId ada{world.register_user("ada@example.org")};
    const std::unique_ptr<AccessDirectory> directory = open();
};

TEST_F(AccessDirectoryOverALog, ReadsOfAStreamThatItKnowsOnlyTheEnd) {
    constexpr std::size_t kLogins = 40;
    for (std::size_t i = 0; i < kLogins; ++i) log_in();
    EXPECT_EQ(fresh(), directory->find_account(ada).value().state);
    for (int i = 0; i < 3; ++i) {
        fail_a_login();
        const std::size_t read = world.log.stream_events_read();
        const User::State state = directory->find_account(ada).value().state;
        EXPECT_EQ(read + 2, world.log.stream_events_read()) << "the last one known, and the new one";
        EXPECT_EQ(i + 1, state.failed_logins);
        EXPECT_EQ(fresh(), state);
    }
}

TEST_F(AccessDirectoryOverALog, BeginsAnewWhenTheLogWasRestoredToBeforeWhatItKnows) {
    log_in();
    const std::size_t kept = world.log.events().size();
    for (int i = 0; i < 5; ++i) fail_a_login();
    EXPECT_TRUE(User::is_locked(directory->find_account(ada).value().state, world.clock.now()));
    world.log.forget_last(world.log.events().size() - kept);
    world.log.raise_epoch();
    EXPECT_FALSE(User::is_locked(directory->find_account(ada).value().state, world.clock.now()));
    // Other events with the same versions.
    fail_a_login();
    EXPECT_EQ(1, directory->find_account(ada).value().state.failed_logins);
    log_in();
    EXPECT_EQ(fresh(), directory->find_account(ada).value().state);
}

TEST_F(AccessDirectoryOverALog, FindsNoStreamOfAnotherKindOrRealmEvenIfItKnowsIt) {
    ASSERT_TRUE(directory->find_account(ada));
    EXPECT_EQ(identity::SessionStatus::none, directory->session(ada, SessionId{ada.value}).status);
    EXPECT_TRUE(directory->find_account(ada)) << "and that was not forgotten for it";
    EXPECT_FALSE(directory->find_account(UserId{world.ids.next()}));
}

}  // namespace
}  // namespace annals::test
