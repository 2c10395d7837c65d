#pragma once

#include "domain/contract/docs.hpp"
#include "domain/identity/values.hpp"
#include "domain/kernel/ids.hpp"
#include "domain/kernel/sealed.hpp"
#include "domain/kernel/time.hpp"

#include <array>
#include <boost/describe/class.hpp>
#include <cstdint>
#include <optional>
#include <string_view>

// These structs are stored for ever: never rename or reshape one. A change is a new schema version and an
// upcaster.
namespace annals::identity {

struct UserRegistered {
    static constexpr std::string_view kType = "idn.UserRegistered";
    static constexpr std::uint16_t kSchemaVersion = 1;
    Sealed<Email> email{};
    Sealed<DisplayName> display_name{};
    CredentialId credential_id{};
    friend bool operator==(const UserRegistered&, const UserRegistered&) = default;
};
BOOST_DESCRIBE_STRUCT(UserRegistered, (), (email, display_name, credential_id))
constexpr auto contract_docs(const UserRegistered*) {
    return std::array{
        contract::FieldDoc{"email", "the address the person logs in with"},
        contract::FieldDoc{"display_name", "the name other people see"},
        contract::FieldDoc{
            "credential_id", "the password's place in the vault; the password itself is never logged"
        },
    };
}

struct LoginSucceeded {
    static constexpr std::string_view kType = "idn.LoginSucceeded";
    static constexpr std::uint16_t kSchemaVersion = 1;
    SessionId session_id{};
    friend bool operator==(const LoginSucceeded&, const LoginSucceeded&) = default;
};
BOOST_DESCRIBE_STRUCT(LoginSucceeded, (), (session_id))
constexpr auto contract_docs(const LoginSucceeded*) {
    return std::array{contract::FieldDoc{"session_id", "the session that began with this login"}};
}

struct LoginFailed {
    static constexpr std::string_view kType = "idn.LoginFailed";
    static constexpr std::uint16_t kSchemaVersion = 1;
    LoginFailure reason{};
    friend bool operator==(const LoginFailed&, const LoginFailed&) = default;
};
BOOST_DESCRIBE_STRUCT(LoginFailed, (), (reason))
constexpr auto contract_docs(const LoginFailed*) {
    return std::array{contract::FieldDoc{"reason", "why the login failed; the person is never told which"}};
}

struct UserLocked {
    static constexpr std::string_view kType = "idn.UserLocked";
    static constexpr std::uint16_t kSchemaVersion = 1;
    Instant until{};
    friend bool operator==(const UserLocked&, const UserLocked&) = default;
};
BOOST_DESCRIBE_STRUCT(UserLocked, (), (until))
constexpr auto contract_docs(const UserLocked*) {
    return std::array{contract::FieldDoc{"until", "the instant from which the account can log in again"}};
}

struct SessionStarted {
    static constexpr std::string_view kType = "idn.SessionStarted";
    static constexpr std::uint16_t kSchemaVersion = 1;
    UserId user_id{};
    std::optional<TenantId> tenant{};
    CredentialId credential_id{};
    std::optional<Sealed<DeviceName>> device_name{};
    Instant expires_at{};
    friend bool operator==(const SessionStarted&, const SessionStarted&) = default;
};
BOOST_DESCRIBE_STRUCT(SessionStarted, (), (user_id, tenant, credential_id, device_name, expires_at))
constexpr auto contract_docs(const SessionStarted*) {
    return std::array{
        contract::FieldDoc{"user_id", "the person who logged in"},
        contract::FieldDoc{"tenant", "the organization the session acts in"},
        contract::FieldDoc{"credential_id", "the refresh token's place in the vault"},
        contract::FieldDoc{"device_name", "what the person calls the device"},
        contract::FieldDoc{"expires_at", "the instant after which the session cannot be refreshed"},
    };
}

struct SessionRefreshed {
    static constexpr std::string_view kType = "idn.SessionRefreshed";
    static constexpr std::uint16_t kSchemaVersion = 1;
    std::int64_t generation{0};
    friend bool operator==(const SessionRefreshed&, const SessionRefreshed&) = default;
};
BOOST_DESCRIBE_STRUCT(SessionRefreshed, (), (generation))
constexpr auto contract_docs(const SessionRefreshed*) {
    return std::array{
        contract::FieldDoc{"generation", "the number of the refresh token now valid; the first is 0"}
    };
}

struct SessionCompromised {
    static constexpr std::string_view kType = "idn.SessionCompromised";
    static constexpr std::uint16_t kSchemaVersion = 1;
    friend bool operator==(const SessionCompromised&, const SessionCompromised&) = default;
};
BOOST_DESCRIBE_STRUCT(SessionCompromised, (), ())

struct SessionRevoked {
    static constexpr std::string_view kType = "idn.SessionRevoked";
    static constexpr std::uint16_t kSchemaVersion = 1;
    friend bool operator==(const SessionRevoked&, const SessionRevoked&) = default;
};
BOOST_DESCRIBE_STRUCT(SessionRevoked, (), ())

}  // namespace annals::identity
