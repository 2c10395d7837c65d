#pragma once

#include "domain/contract/docs.hpp"
#include "domain/identity/values.hpp"
#include "domain/kernel/ids.hpp"
#include "domain/kernel/time.hpp"

#include <array>
#include <boost/describe/class.hpp>
#include <cstdint>
#include <optional>
#include <string_view>

// All of these are internal: the routes of auth check secrets first and then send them, nobody else can.
namespace annals::identity {

struct RegisterUser {
    static constexpr std::string_view kType = "idn.RegisterUser";
    Email email{};
    DisplayName display_name{};
    CredentialId credential_id{};
    Secret password_hash{};
};
BOOST_DESCRIBE_STRUCT(RegisterUser, (), (email, display_name, credential_id, password_hash))
constexpr auto contract_docs(const RegisterUser*) {
    return std::array{
        contract::FieldDoc{"email", "the address the person logs in with; unique over all people"},
        contract::FieldDoc{"display_name", "the name other people see"},
        contract::FieldDoc{"credential_id", "the password's place in the vault"},
        contract::FieldDoc{"password_hash", "what the vault keeps there, an Argon2id hash in PHC form"},
    };
}

struct RecordLogin {
    static constexpr std::string_view kType = "idn.RecordLogin";
    SessionId session_id{};
    CredentialId credential_id{};
    Secret token_hash{};
    std::optional<TenantId> tenant{};
    std::optional<DeviceName> device_name{};
    Instant expires_at{};
};
BOOST_DESCRIBE_STRUCT(
    RecordLogin, (), (session_id, credential_id, token_hash, tenant, device_name, expires_at)
)
constexpr auto contract_docs(const RecordLogin*) {
    return std::array{
        contract::FieldDoc{"session_id", "the id of the session that begins"},
        contract::FieldDoc{"credential_id", "the refresh token's place in the vault"},
        contract::FieldDoc{
            "token_hash", "what the vault keeps there, a hash of the session's first refresh token"
        },
        contract::FieldDoc{"tenant", "the organization the session acts in"},
        contract::FieldDoc{"device_name", "what the person calls the device"},
        contract::FieldDoc{"expires_at", "the instant after which the session cannot be refreshed"},
    };
}

struct RecordLoginFailure {
    static constexpr std::string_view kType = "idn.RecordLoginFailure";
    LoginFailure reason{};
};
BOOST_DESCRIBE_STRUCT(RecordLoginFailure, (), (reason))
constexpr auto contract_docs(const RecordLoginFailure*) {
    return std::array{contract::FieldDoc{"reason", "why the login failed"}};
}

struct RefreshSession {
    static constexpr std::string_view kType = "idn.RefreshSession";
    std::int64_t presented_generation{0};
    Secret next_token_hash{};
};
BOOST_DESCRIBE_STRUCT(RefreshSession, (), (presented_generation, next_token_hash))
constexpr auto contract_docs(const RefreshSession*) {
    return std::array{
        contract::FieldDoc{"presented_generation", "the number of the refresh token that was presented"},
        contract::FieldDoc{"next_token_hash", "a hash of the refresh token that replaces it, for the vault"},
    };
}

struct RevokeSession {
    static constexpr std::string_view kType = "idn.RevokeSession";
};
BOOST_DESCRIBE_STRUCT(RevokeSession, (), ())

}  // namespace annals::identity
