#pragma once

#include "domain/contract/docs.hpp"
#include "domain/identity/values.hpp"
#include "domain/kernel/ids.hpp"
#include "domain/kernel/money.hpp"
#include "domain/organizations/values.hpp"

#include <array>
#include <boost/describe/class.hpp>
#include <optional>
#include <string_view>

namespace annals::organizations {

struct CreateTenant {
    static constexpr std::string_view kType = "org.CreateTenant";
    static constexpr std::array<std::string_view, 1> kRejections{"DUPLICATE"};
    TenantName name{};
    Slug slug{};
    std::optional<TenantKind> kind{};
    std::optional<TimeZoneName> time_zone{};
    std::optional<Currency> currency{};
    std::optional<LocaleTag> locale{};
};
BOOST_DESCRIBE_STRUCT(CreateTenant, (), (name, slug, kind, time_zone, currency, locale))
constexpr auto contract_docs(const CreateTenant*) {
    return std::array{
        contract::FieldDoc{"name", "what people call the organization"},
        contract::FieldDoc{"slug", "its name in addresses; unique over all organizations"},
        contract::FieldDoc{"kind", "what sort of organization it is; general when left out"},
        contract::FieldDoc{"time_zone", "the IANA time zone that days and deadlines are counted in"},
        contract::FieldDoc{"currency", "the ISO 4217 currency amounts are in unless said otherwise"},
        contract::FieldDoc{"locale", "the BCP 47 language tag for texts to members who chose none"},
    };
}

struct RenameTenant {
    static constexpr std::string_view kType = "org.RenameTenant";
    TenantName name{};
};
BOOST_DESCRIBE_STRUCT(RenameTenant, (), (name))
constexpr auto contract_docs(const RenameTenant*) {
    return std::array{contract::FieldDoc{"name", "what people shall call the organization"}};
}

struct InviteMember {
    static constexpr std::string_view kType = "org.InviteMember";
    static constexpr std::array<std::string_view, 1> kRejections{"DUPLICATE"};
    Email email{};
    GrantedRoles roles{};
};
BOOST_DESCRIBE_STRUCT(InviteMember, (), (email, roles))
constexpr auto contract_docs(const InviteMember*) {
    return std::array{
        contract::FieldDoc{"email", "the address to invite"},
        contract::FieldDoc{
            "roles", "the roles the person gets on joining; none that may do more than the inviter"
        },
    };
}

/// What registers a person who joins and has no account yet.
struct NewAccount {
    identity::DisplayName display_name{};
    CredentialId credential_id{};
    Secret password_hash{};
};
BOOST_DESCRIBE_STRUCT(NewAccount, (), (display_name, credential_id, password_hash))
constexpr auto contract_docs(const NewAccount*) {
    return std::array{
        contract::FieldDoc{"display_name", "the name other people see"},
        contract::FieldDoc{"credential_id", "the password's place in the vault"},
        contract::FieldDoc{"password_hash", "what the vault keeps there, an Argon2id hash in PHC form"},
    };
}

/// Internal: the route has checked the invitation's token, and the password of a person who has an account.
struct AcceptInvitation {
    static constexpr std::string_view kType = "org.AcceptInvitation";
    UserId user_id{};
    std::optional<NewAccount> account{};
};
BOOST_DESCRIBE_STRUCT(AcceptInvitation, (), (user_id, account))
constexpr auto contract_docs(const AcceptInvitation*) {
    return std::array{
        contract::FieldDoc{
            "user_id", "the person who joins; a new id when the invited address has no account"
        },
        contract::FieldDoc{"account", "the new account, when the invited address has none"},
    };
}

/// Internal: the first person and the first organization of an installation, once.
struct BootstrapPlatform {
    static constexpr std::string_view kType = "org.BootstrapPlatform";
    UserId owner{};
    Email email{};
    NewAccount account{};
    CreateTenant organization{};
};
BOOST_DESCRIBE_STRUCT(BootstrapPlatform, (), (owner, email, account, organization))
constexpr auto contract_docs(const BootstrapPlatform*) {
    return std::array{
        contract::FieldDoc{"owner", "the id of the first person"},
        contract::FieldDoc{"email", "the address the first person logs in with"},
        contract::FieldDoc{"account", "the first person's account"},
        contract::FieldDoc{"organization", "the organization the first person owns"},
    };
}

}  // namespace annals::organizations
