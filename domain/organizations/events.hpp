#pragma once

#include "domain/contract/docs.hpp"
#include "domain/kernel/change.hpp"
#include "domain/kernel/ids.hpp"
#include "domain/kernel/money.hpp"
#include "domain/kernel/sealed.hpp"
#include "domain/kernel/time.hpp"
#include "domain/organizations/values.hpp"

#include <array>
#include <boost/describe/class.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// These structs are stored for ever: never rename or reshape one. A change is a new schema version and an
// upcaster.
namespace annals::organizations {

struct TenantCreated {
    static constexpr std::string_view kType = "org.TenantCreated";
    static constexpr std::uint16_t kSchemaVersion = 1;
    TenantName name{};
    Slug slug{};
    TenantKind kind{};
    UserId owner{};
    std::optional<TimeZoneName> time_zone{};
    std::optional<Currency> currency{};
    std::optional<LocaleTag> locale{};
    friend bool operator==(const TenantCreated&, const TenantCreated&) = default;
};
BOOST_DESCRIBE_STRUCT(TenantCreated, (), (name, slug, kind, owner, time_zone, currency, locale))
constexpr auto contract_docs(const TenantCreated*) {
    return std::array{
        contract::FieldDoc{"name", "what people call the organization"},
        contract::FieldDoc{"slug", "its name in addresses; unique over all organizations"},
        contract::FieldDoc{"kind", "what sort of organization it is"},
        contract::FieldDoc{"owner", "the person who founded it"},
        contract::FieldDoc{"time_zone", "the IANA time zone that days and deadlines are counted in"},
        contract::FieldDoc{"currency", "the ISO 4217 currency amounts are in unless said otherwise"},
        contract::FieldDoc{"locale", "the BCP 47 language tag for texts to members who chose none"},
    };
}

struct TenantRenamed {
    static constexpr std::string_view kType = "org.TenantRenamed";
    static constexpr std::uint16_t kSchemaVersion = 1;
    Change<TenantName> name{};
    friend bool operator==(const TenantRenamed&, const TenantRenamed&) = default;
};
BOOST_DESCRIBE_STRUCT(TenantRenamed, (), (name))
constexpr auto contract_docs(const TenantRenamed*) {
    return std::array{contract::FieldDoc{"name", "the name before and after"}};
}

struct MembershipCreated {
    static constexpr std::string_view kType = "org.MembershipCreated";
    static constexpr std::uint16_t kSchemaVersion = 1;
    UserId user_id{};
    std::vector<Role> roles{};
    friend bool operator==(const MembershipCreated&, const MembershipCreated&) = default;
};
BOOST_DESCRIBE_STRUCT(MembershipCreated, (), (user_id, roles))
constexpr auto contract_docs(const MembershipCreated*) {
    return std::array{
        contract::FieldDoc{"user_id", "the person who is a member from now on"},
        contract::FieldDoc{"roles", "the roles the person has in the organization"},
    };
}

struct InvitationCreated {
    static constexpr std::string_view kType = "org.InvitationCreated";
    static constexpr std::uint16_t kSchemaVersion = 1;
    Sealed<Email> email{};
    std::string email_index{};
    std::vector<Role> roles{};
    Instant expires_at{};
    friend bool operator==(const InvitationCreated&, const InvitationCreated&) = default;
};
BOOST_DESCRIBE_STRUCT(InvitationCreated, (), (email, email_index, roles, expires_at))
constexpr auto contract_docs(const InvitationCreated*) {
    return std::array{
        contract::FieldDoc{"email", "the address that is invited; personal data of the invitation itself"},
        contract::FieldDoc{"email_index", "keyed hash of the address, to find pending invitations by it"},
        contract::FieldDoc{"roles", "the roles the person gets on joining"},
        contract::FieldDoc{"expires_at", "the instant after which the invitation cannot be accepted"},
    };
}

struct InvitationAccepted {
    static constexpr std::string_view kType = "org.InvitationAccepted";
    static constexpr std::uint16_t kSchemaVersion = 1;
    UserId user_id{};
    friend bool operator==(const InvitationAccepted&, const InvitationAccepted&) = default;
};
BOOST_DESCRIBE_STRUCT(InvitationAccepted, (), (user_id))
constexpr auto contract_docs(const InvitationAccepted*) {
    return std::array{contract::FieldDoc{"user_id", "the person who joined"}};
}

}  // namespace annals::organizations
