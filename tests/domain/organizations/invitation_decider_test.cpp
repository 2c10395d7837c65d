#include "domain/organizations/invitation.hpp"
#include "tests/support/decider_spec.hpp"
#include "tests/support/values.hpp"

#include <array>
#include <gtest/gtest.h>

namespace annals::organizations {
namespace {

using test::id;
using test::instant;
using test::text;
using InvitationSpec = test::Spec<Invitation>;

const InvitationId kSelf = id<InvitationId>(3);
const Instant kNow = instant("2026-03-01T12:00:00Z");
const Instant kEnd = instant("2026-03-08T12:00:00Z");
constexpr std::array kAdmin{Role::admin};
const InvitationCreated kCreated{
    .email = {kSelf.value, text<Email>("bob@example.org")},
    .email_index = "index",
    .roles = {Role::viewer, Role::member},
    .expires_at = kEnd,
};

InviteMember invite(GrantedRoles roles) {
    return {.email = text<Email>("bob@example.org"), .roles = std::move(roles)};
}
InviteMemberFacts facts(std::span<const Role> inviter = kAdmin) {
    return {.now = kNow, .self = kSelf, .email_index = "index", .inviter_roles = inviter};
}
AcceptInvitation accept() {
    return {.user_id = id<UserId>(7)};
}

TEST(InvitationDecider, InvitesForSevenDaysWithEachRoleOnce) {
    InvitationSpec::given({})
        .when(invite({Role::member, Role::viewer, Role::member}), facts())
        .then({kCreated});
}

TEST(InvitationDecider, RejectsRolesBeyondTheInvitersOwn) {
    InvitationSpec::given({}).when(invite({Role::owner}), facts()).then_rejected("FORBIDDEN");
    InvitationSpec::given({}).when(invite({Role::viewer}), facts({})).then_rejected("FORBIDDEN");
}

TEST(InvitationDecider, RejectsASecondCreation) {
    InvitationSpec::given({kCreated}).when(invite({Role::member}), facts()).then_rejected("DUPLICATE");
}

TEST(InvitationDecider, IsAcceptedOnceAndInTime) {
    InvitationSpec::given({kCreated})
        .when(accept(), kNow)
        .then({InvitationAccepted{.user_id = id<UserId>(7)}});
    InvitationSpec::given({kCreated}).when(accept(), kEnd).then_rejected("INVITE_EXPIRED");
    InvitationSpec::given({kCreated, InvitationAccepted{}})
        .when(accept(), kNow)
        .then_rejected("TOKEN_INVALID");
    InvitationSpec::given({}).when(accept(), kNow).then_rejected("TOKEN_INVALID");
}

TEST(InvitationDecider, IsPendingUntilAcceptedOrExpired) {
    const auto pending = InvitationSpec::given({kCreated}).state();
    EXPECT_TRUE(Invitation::is_pending(pending, kNow));
    EXPECT_FALSE(Invitation::is_pending(pending, kEnd));
    EXPECT_FALSE(Invitation::is_pending(InvitationSpec::given({kCreated, InvitationAccepted{}}).state(), kNow)
    );
}

}  // namespace
}  // namespace annals::organizations
