#include "api/kernel/command_input.hpp"

#include "commands/catalogue.hpp"
#include "domain/organizations/commands.hpp"
#include "tests/support/command_world.hpp"

#include <gtest/gtest.h>

namespace annals::api {
namespace {

using test::uuid;

/// In whose line a command waits, whichever way it comes and whatever realm it names.
class SenderOfACommand : public testing::Test {
protected:
    /// A resource route whose path names an organization.
    CommandRequest by_path(const Principal& principal, Realm realm, std::string_view named) {
        http::Request request;
        request.headers.add("Content-Type", "application/json");
        request.body = R"({"email":"bob@example.org","roles":["member"]})";
        request.parameters.add("org", named);
        const CommandRoute route{.type = &command_type_of<organizations::InviteMember>(), .realm = realm};
        return made(input(request, principal).from_route(route));
    }
    CommandRequest by_name(const Principal& principal, const CommandForm& form) {
        const http::Request request;
        return made(input(request, principal).from_form(form, ""));
    }
    CommandInput input(const http::Request& request, const Principal& principal) {
        return {ids, cryptography, request, principal};
    }
    static CommandRequest made(std::expected<CommandRequest, http::Problem> command) {
        if (!command) throw std::invalid_argument(command.error().detail);
        return std::move(*command);
    }
    static CommandForm form(std::string_view type, std::optional<Uuid> target, std::string_view data) {
        CommandForm form;
        form.type = type;
        form.id = target;
        form.data = RawJson(std::string(data));
        return form;
    }

    test::CountingIds ids;
    test::PlainCryptography cryptography;
    const UserId ada{uuid(1)};
    const TenantId looms{uuid(2)};
    const TenantId strange{uuid(3)};
    const Principal member{.user = ada, .tenant = looms};
    const Principal nobody{.user = ada};
    const CommandForm rename = form("org.RenameTenant", strange.value, R"({"name":"Mine"})");
    const CommandForm found = form("org.CreateTenant", std::nullopt, R"({"name":"Sun","slug":"sun"})");
};

TEST_F(SenderOfACommand, IsTheSessionsOrganizationWhateverRealmIsNamed) {
    const CommandRequest invitation = by_path(member, Realm::path, strange.to_string());
    EXPECT_EQ(strange, invitation.realm) << "the decision says who may do what there";
    EXPECT_EQ(looms, invitation.line());
    EXPECT_EQ(strange, by_name(member, rename).realm);
    EXPECT_EQ(looms, by_name(member, rename).line());
    EXPECT_EQ(looms, by_name(member, found).line()) << "which founds a realm that nobody has yet";
    EXPECT_EQ(looms, by_path(member, Realm::session, "").line());
}

TEST_F(SenderOfACommand, IsThePersonWhenTheSessionActsInNoOrganization) {
    EXPECT_EQ(realm_of(ada), by_path(nobody, Realm::path, strange.to_string()).line());
    EXPECT_EQ(realm_of(ada), by_name(nobody, rename).line());
    EXPECT_EQ(realm_of(ada), by_name(nobody, found).line());
}

TEST_F(SenderOfACommand, IsThePersonWhenTheirOwnRealmIsNamed) {
    const CommandRequest own = by_path(member, Realm::person, "");
    EXPECT_EQ(realm_of(ada), own.realm);
    EXPECT_EQ(realm_of(ada), own.line());
}

}  // namespace
}  // namespace annals::api
