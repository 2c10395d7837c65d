#pragma once

#include "domain/kernel/bounded.hpp"
#include "domain/kernel/text.hpp"
#include "domain/organizations/role.hpp"

#include <boost/describe/enum.hpp>
#include <cstdint>

namespace annals::organizations {

using TenantName = Text<2, 80>;
using GrantedRoles = Listed<Role, 1, 5>;

/// What sort of organization it is; decides which roles and modules are offered first.
enum class TenantKind : std::uint8_t { general, clinic, company };
BOOST_DESCRIBE_ENUM(TenantKind, general, clinic, company)

/// The name of a time zone in the IANA data base ("Europe/Kyiv"). Only its shape is checked: which zones
/// exist differs from machine to machine, and a decision may not depend on that.
class TimeZoneName : public ShapedText<TimeZoneName> {
public:
    static constexpr TextRules kRules{1, 64, false, "^[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)*$", {}};
    static bool shaped(std::string_view text);
};

/// A language tag as BCP 47 shapes it ("uk", "de-CH").
class LocaleTag : public ShapedText<LocaleTag> {
public:
    static constexpr TextRules kRules{2, 35, false, "^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$", {}};
    static bool shaped(std::string_view text);
};

}  // namespace annals::organizations
