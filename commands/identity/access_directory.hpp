#pragma once

#include "commands/kernel/aggregate.hpp"
#include "commands/kernel/keyring.hpp"
#include "commands/kernel/lru_map.hpp"
#include "commands/ports/event_store.hpp"
#include "domain/identity/session.hpp"
#include "domain/identity/user.hpp"
#include "domain/organizations/invitation.hpp"
#include "domain/organizations/role.hpp"

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace annals {

/// An account as authentication needs it.
struct Account {
    UserId user{};
    identity::User::State state;
    std::optional<std::string> password_hash{};
};

/// Answers who may come in, from the log and the vault and not from query tables: nobody is let in or kept
/// out by a read model that lags. Thread-safe; calls block and throw StoreUnavailable, also for a stream that
/// this version cannot read.
class AccessDirectory {
public:
    AccessDirectory(std::unique_ptr<EventStore> store, Cryptography& cryptography, std::uint16_t partitions);

    std::optional<Account> find_account(const Email& email);
    /// Without the password.
    std::optional<Account> find_account(UserId user);
    identity::Session::State session(UserId user, SessionId session);
    /// The same with the version that a command may expect.
    std::pair<identity::Session::State, StreamVersion> session_at(UserId user, SessionId session);
    std::optional<std::string> credential(CredentialId id);
    /// Empty for somebody who is no active member.
    std::vector<organizations::Role> roles(TenantId organization, UserId user);
    /// Whether this person bootstrapped the installation. Nobody else ever becomes its administrator.
    bool is_platform_administrator(UserId user);
    std::optional<organizations::Invitation::State> invitation(
        TenantId organization, InvitationId invitation
    );

private:
    /// A stream as it was folded last.
    struct Folded {
        const AggregateType* type;
        std::shared_ptr<const void> state;
        StreamVersion version{0};
        Position last{};  ///< of the event with that version
    };

    template <Decider D>
    std::pair<typename D::State, StreamVersion> load(TenantId realm, const Uuid& stream);
    Folded fold(const AggregateType& type, TenantId realm, const Uuid& stream);
    contract::RecordedEvent read(const StoredEvent& stored);

    std::mutex mutex_;
    std::unique_ptr<EventStore> store_;
    Cryptography& cryptography_;
    std::uint16_t partitions_;
    Keyring keyring_;
    contract::JsonDocument document_;
    LruMap<StreamKey, Folded> folded_;
};

}  // namespace annals
