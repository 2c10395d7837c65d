#include "domain/identity/session.hpp"
#include "tests/support/decider_spec.hpp"
#include "tests/support/values.hpp"

#include <gtest/gtest.h>

namespace annals::identity {
namespace {

using test::id;
using test::instant;
using test::text;
using SessionSpec = test::Spec<Session>;

const UserId kPerson = id<UserId>(1);
const Instant kNow = instant("2026-03-01T12:00:00Z");
const Instant kEnd = instant("2026-03-31T12:00:00Z");
const SessionStarted kStarted{
    .user_id = kPerson,
    .tenant = id<TenantId>(5),
    .credential_id = id<CredentialId>(10),
    .device_name = Sealed<DeviceName>(kPerson.value, text<DeviceName>("Laptop")),
    .expires_at = kEnd,
};

RecordLogin login() {
    return {
        .session_id = id<SessionId>(9),
        .credential_id = id<CredentialId>(10),
        .token_hash = Secret::trusted("hash"),
        .tenant = id<TenantId>(5),
        .device_name = text<DeviceName>("Laptop"),
        .expires_at = kEnd,
    };
}

RefreshSession presented(std::int64_t generation) {
    return {.presented_generation = generation, .next_token_hash = Secret::trusted("next")};
}

TEST(SessionDecider, StartsWithTheDeviceSealedUnderThePersonsKey) {
    SessionSpec::given({}).when(login(), kPerson).then({kStarted});
}

TEST(SessionDecider, LeavesAnEmptyDeviceNameOut) {
    auto command = login();
    command.device_name = DeviceName{};
    auto expected = kStarted;
    expected.device_name.reset();
    SessionSpec::given({}).when(command, kPerson).then({expected});
}

TEST(SessionDecider, RejectsASecondStart) {
    SessionSpec::given({kStarted}).when(login(), kPerson).then_rejected("DUPLICATE");
}

TEST(SessionDecider, RefreshesWithTheTokenNowValid) {
    SessionSpec::given({kStarted})
        .when(presented(0), kNow)
        .may_repeat()
        .then({SessionRefreshed{.generation = 1}});
    SessionSpec::given({kStarted, SessionRefreshed{.generation = 1}})
        .when(presented(1), kNow)
        .may_repeat()
        .then({SessionRefreshed{.generation = 2}});
}

TEST(SessionDecider, IsCompromisedByATokenUsedBefore) {
    SessionSpec::given({kStarted, SessionRefreshed{.generation = 1}})
        .when(presented(0), kNow)
        .then({SessionCompromised{}});
}

TEST(SessionDecider, RejectsTokensOfASessionThatIsNotActive) {
    SessionSpec::given({}).when(presented(0), kNow).then_rejected("TOKEN_INVALID");
    SessionSpec::given({kStarted, SessionCompromised{}})
        .when(presented(0), kNow)
        .then_rejected("TOKEN_INVALID");
    SessionSpec::given({kStarted, SessionRevoked{}}).when(presented(0), kNow).then_rejected("TOKEN_INVALID");
    SessionSpec::given({kStarted}).when(presented(0), kEnd).then_rejected("TOKEN_INVALID");
}

TEST(SessionDecider, RejectsGenerationsThatNeverWere) {
    SessionSpec::given({kStarted}).when(presented(1), kNow).then_rejected("TOKEN_INVALID");
    SessionSpec::given({kStarted}).when(presented(-1), kNow).then_rejected("TOKEN_INVALID");
}

TEST(SessionDecider, RevokesOnce) {
    SessionSpec::given({kStarted}).when(RevokeSession{}).then({SessionRevoked{}});
    SessionSpec::given({kStarted, SessionRevoked{}}).when(RevokeSession{}).then_nothing();
    SessionSpec::given({kStarted, SessionCompromised{}}).when(RevokeSession{}).then_nothing();
    SessionSpec::given({}).when(RevokeSession{}).then_rejected("NOT_FOUND");
}

}  // namespace
}  // namespace annals::identity
