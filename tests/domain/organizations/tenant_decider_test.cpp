#include "domain/organizations/tenant.hpp"
#include "tests/support/decider_spec.hpp"
#include "tests/support/values.hpp"

#include <gtest/gtest.h>

namespace annals::organizations {
namespace {

using test::id;
using test::text;
using TenantSpec = test::Spec<Tenant>;

const UserId kOwner = id<UserId>(1);
const CreateTenant kCreate{.name = text<TenantName>("Acme"), .slug = text<Slug>("acme")};
const TenantCreated kCreated{
    .name = text<TenantName>("Acme"), .slug = text<Slug>("acme"), .kind = TenantKind::general, .owner = kOwner
};

TEST(TenantDecider, CreatesAGeneralOrganizationUnlessSaidOtherwise) {
    TenantSpec::given({}).when(kCreate, kOwner).then({kCreated});
    auto command = kCreate;
    command.kind = TenantKind::clinic;
    command.time_zone = text<TimeZoneName>("Europe/Kyiv");
    command.currency = text<Currency>("UAH");
    command.locale = text<LocaleTag>("uk-UA");
    auto expected = kCreated;
    expected.kind = TenantKind::clinic;
    expected.time_zone = command.time_zone;
    expected.currency = command.currency;
    expected.locale = command.locale;
    TenantSpec::given({}).when(command, kOwner).then({expected});
}

TEST(TenantDecider, RejectsCreationOfWhatIsThere) {
    TenantSpec::given({kCreated}).when(kCreate, kOwner).then_rejected("DUPLICATE");
}

TEST(TenantDecider, RenamesWithTheNameBeforeAndAfter) {
    TenantSpec::given({kCreated})
        .when(RenameTenant{text<TenantName>("Acme & Sons")})
        .then({TenantRenamed{.name = {text<TenantName>("Acme"), text<TenantName>("Acme & Sons")}}});
    TenantSpec::given({kCreated}).when(RenameTenant{text<TenantName>("Acme")}).then_nothing();
}

TEST(TenantDecider, RejectsRenamingWhatIsNotThere) {
    TenantSpec::given({}).when(RenameTenant{text<TenantName>("Acme")}).then_rejected("NOT_FOUND");
}

TEST(TenantValues, AcceptTimeZonesAndLocalesByTheirShape) {
    for (const char* good : {"UTC", "Europe/Kyiv", "America/Argentina/Buenos_Aires", "Etc/GMT+3"}) {
        EXPECT_TRUE(TimeZoneName::parse(good)) << good;
    }
    for (const char* bad : {"", "/UTC", "Europe/", "Europe//Kyiv", "+3", "Europe Kyiv"}) {
        EXPECT_FALSE(TimeZoneName::parse(bad)) << bad;
    }
    for (const char* good : {"uk", "de-CH", "zh-Hant-TW"}) EXPECT_TRUE(LocaleTag::parse(good)) << good;
    for (const char* bad : {"", "u", "uk-", "1k", "uk_UA", "abcdefghi"})
        EXPECT_FALSE(LocaleTag::parse(bad)) << bad;
}

}  // namespace
}  // namespace annals::organizations
