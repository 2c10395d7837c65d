#include "domain/identity/user.hpp"
#include "tests/support/decider_spec.hpp"
#include "tests/support/seed.hpp"
#include "tests/support/values.hpp"

#include <gtest/gtest.h>

namespace annals::identity {
namespace {

using test::id;
using test::instant;
using test::text;
using UserSpec = test::Spec<User>;

const UserId kPerson = id<UserId>(1);
const Instant kNow = instant("2026-03-01T12:00:00Z");
const UserRegistered kRegistered{
    .email = {kPerson.value, text<Email>("ada@example.org")},
    .display_name = {kPerson.value, text<DisplayName>("Ada")},
    .credential_id = id<CredentialId>(2),
};
const RegisterUser kRegister{
    .email = text<Email>("Ada@Example.org"),
    .display_name = text<DisplayName>("Ada"),
    .credential_id = id<CredentialId>(2),
    .password_hash = Secret::trusted("$argon2id$"),
};
const LoginFailed kWrong{.reason = LoginFailure::wrong_password};
const RecordLoginFailure kRecordWrong{.reason = LoginFailure::wrong_password};

RecordLogin login() {
    return {
        .session_id = id<SessionId>(9),
        .credential_id = id<CredentialId>(10),
        .token_hash = Secret::trusted("hash"),
        .expires_at = kNow + kMicrosPerSecond,
    };
}

TEST(UserDecider, RegistersWithTheAddressSealedUnderThePersonsKey) {
    UserSpec::given({}).when(kRegister, kPerson).then({kRegistered});
}

TEST(UserDecider, RejectsASecondRegistration) {
    UserSpec::given({kRegistered}).when(kRegister, kPerson).then_rejected("DUPLICATE");
}

TEST(UserDecider, RecordsALogin) {
    UserSpec::given({kRegistered}).when(login(), kNow).may_repeat().then({LoginSucceeded{id<SessionId>(9)}});
}

TEST(UserDecider, RejectsLoginsOfNobody) {
    UserSpec::given({}).when(login(), kNow).then_rejected("NOT_FOUND");
    UserSpec::given({}).when(kRecordWrong, kNow).then_rejected("NOT_FOUND");
}

TEST(UserDecider, LocksForHalfAnHourAtTheFifthFailure) {
    UserSpec::given({kRegistered, kWrong, kWrong, kWrong})
        .when(kRecordWrong, kNow)
        .may_repeat()
        .then({kWrong});
    UserSpec::given({kRegistered, kWrong, kWrong, kWrong, kWrong})
        .when(kRecordWrong, kNow)
        .may_repeat()
        .then({kWrong, UserLocked{.until = instant("2026-03-01T12:30:00Z")}});
}

TEST(UserDecider, CountsFailuresFromTheLastSuccess) {
    UserSpec::given({kRegistered, kWrong, kWrong, kWrong, kWrong, LoginSucceeded{id<SessionId>(9)}})
        .when(kRecordWrong, kNow)
        .may_repeat()
        .then({kWrong});
}

TEST(UserDecider, RefusesTheRightPasswordWhileLocked) {
    const auto locked = UserSpec::given({kRegistered, UserLocked{.until = kNow + 1}});
    locked.when(login(), kNow).then_rejected("UNAUTHENTICATED");
    locked.when(login(), kNow + 1).may_repeat().then({LoginSucceeded{id<SessionId>(9)}});
}

TEST(UserDecider, NotesFailuresWhileLockedWithoutProlongingTheLock) {
    UserSpec::given({kRegistered, UserLocked{.until = kNow + 1}})
        .when(kRecordWrong, kNow)
        .may_repeat()
        .then({LoginFailed{.reason = LoginFailure::locked}});
}

TEST(UserDecider, NeverPassesFiveFailuresWhateverComes) {
    test::Seeded chance;
    auto state = UserSpec::given({kRegistered}).state();
    Instant now = kNow;
    for (int step = 0; step < 2'000; ++step) {
        now = now + chance.number(0, 600) * kMicrosPerSecond;
        const auto decision = chance.number(0, 9) == 0 ? User::decide(state, login(), now)
                                                       : User::decide(state, kRecordWrong, now);
        if (!decision) {
            ASSERT_EQ("UNAUTHENTICATED", decision.error().code);
            ASSERT_TRUE(User::is_locked(state, now));
            continue;
        }
        for (const auto& event : *decision) state = User::evolve(std::move(state), event);
        ASSERT_LT(state.failed_logins, User::kFailuresUntilLock);
    }
}

}  // namespace
}  // namespace annals::identity
