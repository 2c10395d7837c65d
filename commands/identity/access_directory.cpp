#include "commands/identity/access_directory.hpp"

#include "commands/identity/registration.hpp"
#include "commands/organizations/bootstrap.hpp"
#include "domain/organizations/membership.hpp"
#include "domain/organizations/tenant.hpp"

namespace annals {
namespace {

/// Streams are folded anew for each call, so nothing needs to be remembered between two.
constexpr std::size_t kStreamsRemembered = 1;

}  // namespace

AccessDirectory::AccessDirectory(
    std::unique_ptr<EventStore> store, Cryptography& cryptography, std::uint16_t partitions
)
    : store_(std::move(store)),
      cryptography_(cryptography),
      committed_(*store_, cryptography, partitions, kStreamsRemembered) {}

template <Decider D>
std::pair<typename D::State, StreamVersion> AccessDirectory::load(TenantId realm, const Uuid& stream) {
    committed_.reset();
    try {
        const StreamState found = committed_.stream(aggregate_type<D>(), realm, stream);
        return {*static_cast<const typename D::State*>(found.state.get()), found.version};
    } catch (const UnreadableLog& damage) {
        // Written by a newer version while this one still runs, or damaged: who may come in is not known
        // here.
        throw StoreUnavailable(damage.what());
    }
}

std::optional<Account> AccessDirectory::find_account(const Email& email) {
    const std::lock_guard lock(mutex_);
    const auto owner = store_->find_reservation(
        identity::email_reservation(cryptography_.blind_index(identity::kEmailScope, email.str()))
    );
    if (!owner) return std::nullopt;
    Account account{UserId{owner->stream}, load<identity::User>(owner->realm, owner->stream).first, {}};
    account.password_hash = store_->find_credential(account.state.credential_id);
    return account;
}

std::optional<Account> AccessDirectory::find_account(UserId user) {
    const std::lock_guard lock(mutex_);
    auto [state, version] = load<identity::User>(realm_of(user), user.value);
    if (version == 0) return std::nullopt;
    return Account{user, std::move(state), {}};
}

identity::Session::State AccessDirectory::session(UserId user, SessionId session) {
    return session_at(user, session).first;
}

std::pair<identity::Session::State, StreamVersion> AccessDirectory::session_at(
    UserId user, SessionId session
) {
    const std::lock_guard lock(mutex_);
    return load<identity::Session>(realm_of(user), session.value);
}

std::optional<std::string> AccessDirectory::credential(CredentialId id) {
    const std::lock_guard lock(mutex_);
    return store_->find_credential(id);
}

std::vector<organizations::Role> AccessDirectory::roles(TenantId organization, UserId user) {
    const std::lock_guard lock(mutex_);
    const Uuid id = organizations::membership_id(organization, user).value;
    const auto [state, version] = load<organizations::Membership>(organization, id);
    if (version == 0 || !state.active) return {};
    return state.roles;
}

bool AccessDirectory::is_platform_administrator(UserId user) {
    const std::lock_guard lock(mutex_);
    const auto first = store_->find_reservation(organizations::bootstrap_reservation());
    if (!first) return false;
    const auto [state, version] = load<organizations::Tenant>(first->realm, first->stream);
    return version > 0 && state.founder == user;
}

std::optional<organizations::Invitation::State> AccessDirectory::invitation(
    TenantId organization, InvitationId invitation
) {
    const std::lock_guard lock(mutex_);
    auto [state, version] = load<organizations::Invitation>(organization, invitation.value);
    if (version == 0) return std::nullopt;
    return std::move(state);
}

}  // namespace annals
