#include "domain/organizations/invitation.hpp"
#include "domain/organizations/membership.hpp"
#include "domain/organizations/tenant.hpp"
#include "tests/support/command_world.hpp"

#include <gtest/gtest.h>

namespace annals::organizations {
namespace {

using test::code_of;
using test::CommandWorld;
using test::pointers_of;
using test::text;
using Types = std::vector<std::string>;

constexpr std::int64_t kDayMicros = 24 * 3600 * kMicrosPerSecond;

InviteMember invite(const std::string& email, GrantedRoles roles = {Role::member}) {
    return {text<Email>(email), std::move(roles)};
}

NewAccount account(CommandWorld& world) {
    return {
        .display_name = text<identity::DisplayName>("Bob"),
        .credential_id = CredentialId{world.ids.next()},
        .password_hash = Secret::trusted("hash"),
    };
}

class OrganizationCommands : public testing::Test {
protected:
    CommandWorld world;
    UserId ada = world.register_user("ada@example.org");
    TenantId acme = world.found(ada, "acme");

    Membership::State member(UserId user) {
        return world.state<Membership>(acme, membership_id(acme, user).value);
    }
};

TEST_F(OrganizationCommands, MakeTheFounderTheOwner) {
    EXPECT_EQ((Types{"org.TenantCreated"}), world.event_types(acme.value));
    EXPECT_TRUE(member(ada).active);
    EXPECT_EQ((std::vector{Role::owner}), member(ada).roles);
}

TEST_F(OrganizationCommands, KeepSlugsUniqueOverAllOrganizations) {
    const UserId bob = world.register_user("bob@example.org");
    const Uuid other = world.ids.next();
    const CreateTenant command{.name = text<TenantName>("Other"), .slug = text<Slug>("acme")};
    const auto taken = world.send(bob, TenantId{other}, other, command);
    EXPECT_EQ("DUPLICATE", code_of(taken));
    EXPECT_EQ((Types{"/slug"}), pointers_of(taken));
    EXPECT_EQ(Types{}, world.event_types(other));
}

TEST_F(OrganizationCommands, RenameForThoseWhoMayAndHideFromStrangers) {
    const RenameTenant rename{text<TenantName>("Acme & Sons")};
    const UserId viewer = world.join(acme, ada, "vera@example.org", {Role::viewer});
    const UserId stranger = world.register_user("eve@example.org");
    EXPECT_EQ("FORBIDDEN", code_of(world.send(viewer, acme, acme.value, rename)));
    EXPECT_EQ("NOT_FOUND", code_of(world.send(stranger, acme, acme.value, rename)));
    EXPECT_EQ("accepted", code_of(world.send(ada, acme, acme.value, rename)));
    EXPECT_EQ((Types{"org.TenantCreated", "org.TenantRenamed"}), world.event_types(acme.value));
}

TEST_F(OrganizationCommands, BootstrapOnce) {
    const auto bootstrap = [&](const std::string& email, const std::string& slug) {
        const Uuid tenant = world.ids.next();
        const UserId owner{world.ids.next()};
        const BootstrapPlatform command{
            .owner = owner,
            .email = text<Email>(email),
            .account = account(world),
            .organization = {.name = text<TenantName>("First"), .slug = text<Slug>(slug)},
        };
        return world.send(owner, TenantId{tenant}, tenant, command);
    };
    EXPECT_EQ("DUPLICATE", code_of(bootstrap("ada@example.org", "first")));
    const auto first = bootstrap("first@example.org", "first");
    ASSERT_EQ("accepted", code_of(first));
    EXPECT_EQ((Types{"org.TenantCreated"}), world.event_types(first->id));
    EXPECT_EQ("ALREADY_BOOTSTRAPPED", code_of(bootstrap("second@example.org", "second")));
}

TEST_F(OrganizationCommands, InviteAPersonWithoutAnAccountWhoRegistersByAccepting) {
    const auto invited = world.create(ada, acme, invite("bob@example.org"));
    ASSERT_EQ("accepted", code_of(invited));
    const UserId bob{world.ids.next()};
    EXPECT_EQ(
        (Types{"/account"}), pointers_of(world.send(bob, acme, invited->id, AcceptInvitation{.user_id = bob}))
    );
    const AcceptInvitation accept{.user_id = bob, .account = account(world)};
    ASSERT_EQ("accepted", code_of(world.send(bob, acme, invited->id, accept)));
    EXPECT_EQ((Types{"idn.UserRegistered"}), world.event_types(bob.value));
    EXPECT_EQ((std::vector{Role::member}), member(bob).roles);
    EXPECT_EQ("TOKEN_INVALID", code_of(world.send(bob, acme, invited->id, accept)));
}

TEST_F(OrganizationCommands, InviteAPersonWithAnAccountAndNobodyElse) {
    const UserId bob = world.register_user("bob@example.org");
    const UserId eve = world.register_user("eve@example.org");
    const auto invited = world.create(ada, acme, invite("bob@example.org"));
    ASSERT_EQ("accepted", code_of(invited));
    const auto stolen = world.send(eve, acme, invited->id, AcceptInvitation{.user_id = eve});
    EXPECT_EQ("INVITE_EMAIL_MISMATCH", code_of(stolen));
    EXPECT_EQ("accepted", code_of(world.send(bob, acme, invited->id, AcceptInvitation{.user_id = bob})));
    EXPECT_TRUE(member(bob).active);
    EXPECT_FALSE(member(eve).active);
}

TEST_F(OrganizationCommands, InviteAnAddressOnceUntilItIsAcceptedOrExpired) {
    ASSERT_EQ("accepted", code_of(world.create(ada, acme, invite("bob@example.org"))));
    EXPECT_EQ("DUPLICATE", code_of(world.create(ada, acme, invite("Bob@example.org"))));
    world.clock.advance(8 * kDayMicros);
    const auto second = world.create(ada, acme, invite("bob@example.org"));
    ASSERT_EQ("accepted", code_of(second)) << "the expired one gives way";
    EXPECT_EQ("DUPLICATE", code_of(world.create(ada, acme, invite("bob@example.org"))));
    const UserId bob{world.ids.next()};
    const AcceptInvitation accept{.user_id = bob, .account = account(world)};
    ASSERT_EQ("accepted", code_of(world.send(bob, acme, second->id, accept)));
    const auto member_now = world.create(ada, acme, invite("bob@example.org"));
    EXPECT_EQ("DUPLICATE", code_of(member_now)) << "who is a member cannot be invited";
    EXPECT_EQ((Types{"/email"}), pointers_of(member_now));
}

TEST_F(OrganizationCommands, RefuseInvitationsThatExpired) {
    const auto invited = world.create(ada, acme, invite("bob@example.org"));
    world.clock.advance(8 * kDayMicros);
    const UserId bob{world.ids.next()};
    const AcceptInvitation accept{.user_id = bob, .account = account(world)};
    EXPECT_EQ("INVITE_EXPIRED", code_of(world.send(bob, acme, invited->id, accept)));
    EXPECT_EQ(Types{}, world.event_types(bob.value));
}

TEST_F(OrganizationCommands, LetNobodyHandOutMoreThanTheyHave) {
    const UserId manager = world.join(acme, ada, "max@example.org", {Role::manager});
    const UserId worker = world.join(acme, ada, "will@example.org", {Role::member});
    EXPECT_EQ("FORBIDDEN", code_of(world.create(manager, acme, invite("x@example.org", {Role::admin}))));
    EXPECT_EQ("accepted", code_of(world.create(manager, acme, invite("x@example.org", {Role::viewer}))));
    EXPECT_EQ("FORBIDDEN", code_of(world.create(worker, acme, invite("y@example.org", {Role::viewer}))));
}

}  // namespace
}  // namespace annals::organizations
