#include "domain/organizations/membership.hpp"
#include "domain/organizations/permissions.hpp"
#include "tests/support/decider_spec.hpp"
#include "tests/support/values.hpp"

#include <gtest/gtest.h>
#include <set>

namespace annals::organizations {
namespace {

using test::id;

TEST(MembershipId, FollowsFromBothIdsAndIsAUuidOfVersionEight) {
    const MembershipId membership = membership_id(id<TenantId>(1), id<UserId>(2));
    EXPECT_EQ(membership, membership_id(id<TenantId>(1), id<UserId>(2)));
    EXPECT_NE(membership, membership_id(id<TenantId>(2), id<UserId>(1)));
    EXPECT_EQ(0x80, membership.value.bytes[6] & 0xF0);
    EXPECT_EQ(0x80, membership.value.bytes[8] & 0xC0);
    std::set<MembershipId> seen;
    for (std::uint64_t tenant = 0; tenant < 100; ++tenant) {
        for (std::uint64_t user = 0; user < 100; ++user) {
            seen.insert(membership_id(id<TenantId>(tenant), id<UserId>(user)));
        }
    }
    EXPECT_EQ(10'000U, seen.size());
}

TEST(MembershipId, NeverChanges) {
    EXPECT_EQ(
        "2ce139b2-abcd-88ec-8749-fbf7aaf3f4af", membership_id(id<TenantId>(1), id<UserId>(2)).to_string()
    );
}

TEST(MembershipDecider, JoinsOnceAndKeepsTheRoles) {
    const UserId person = id<UserId>(2);
    const auto joined = Membership::join(Membership::initial(), person, {Role::member});
    ASSERT_TRUE(joined);
    EXPECT_EQ((std::vector<Membership::Event>{MembershipCreated{person, {Role::member}}}), *joined);
    const auto state = Membership::evolve(Membership::initial(), joined->front());
    EXPECT_TRUE(state.active);
    const auto again = Membership::join(state, person, {Role::owner});
    ASSERT_TRUE(again);
    EXPECT_TRUE(again->empty());
}

bool can(Role role, Permission permission) {
    return allows(std::array{role}, permission);
}

TEST(Permissions, FollowTheCatalogue) {
    EXPECT_TRUE(can(Role::owner, Permission::org_ownership));
    EXPECT_FALSE(can(Role::admin, Permission::org_ownership));
    EXPECT_TRUE(can(Role::admin, Permission::org_settings));
    EXPECT_FALSE(can(Role::manager, Permission::org_settings));
    EXPECT_TRUE(can(Role::manager, Permission::member_invite));
    EXPECT_FALSE(can(Role::member, Permission::member_invite));
    EXPECT_TRUE(can(Role::member, Permission::project_create));
    EXPECT_FALSE(can(Role::member, Permission::project_manage));
    EXPECT_TRUE(can(Role::operator_, Permission::task_move));
    for (const Permission write : {
             Permission::task_create,
             Permission::task_update,
             Permission::task_move,
             Permission::task_assign,
             Permission::project_create,
             Permission::project_manage,
             Permission::org_settings,
             Permission::member_invite,
         }) {
        EXPECT_FALSE(can(Role::viewer, write)) << permission_name(write);
        EXPECT_FALSE(can(Role::analyst, write)) << permission_name(write);
        EXPECT_FALSE(can(Role::auditor, write)) << permission_name(write);
    }
    EXPECT_TRUE(can(Role::viewer, Permission::task_read));
    EXPECT_FALSE(allows({}, Permission::org_read));
    EXPECT_TRUE(allows(std::array{Role::viewer, Role::admin}, Permission::org_settings)) << "roles add up";
}

TEST(Permissions, AreNamedAsTheyAreWritten) {
    EXPECT_EQ("org.read", permission_name(Permission::org_read));
    EXPECT_EQ("member.invite", permission_name(Permission::member_invite));
    EXPECT_EQ("project.manage", permission_name(Permission::project_manage));
    EXPECT_EQ("task.assign", permission_name(Permission::task_assign));
}

TEST(Permissions, CannotBeHandedOutBeyondOnesOwn) {
    EXPECT_TRUE(may_grant(std::array{Role::owner}, std::array{Role::owner}));
    EXPECT_FALSE(may_grant(std::array{Role::admin}, std::array{Role::owner}));
    EXPECT_TRUE(may_grant(std::array{Role::admin}, std::array{Role::admin, Role::viewer}));
    EXPECT_FALSE(may_grant(std::array{Role::manager}, std::array{Role::member, Role::admin}));
    EXPECT_FALSE(may_grant({}, std::array{Role::viewer}));
}

}  // namespace
}  // namespace annals::organizations
