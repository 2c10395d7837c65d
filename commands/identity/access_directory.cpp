#include "commands/identity/access_directory.hpp"

#include "commands/identity/registration.hpp"
#include "commands/organizations/bootstrap.hpp"
#include "domain/kernel/partitioning.hpp"
#include "domain/organizations/membership.hpp"
#include "domain/organizations/tenant.hpp"

#include <algorithm>
#include <utility>

namespace annals {
namespace {

/// An account's stream grows with every login, a session's with every refresh. While they were folded anew
/// each time, 35 to 47 of 50 logins a second of one account were answered beside commands; now all are.
constexpr std::size_t kStreamsRemembered = 10'000;

}  // namespace

AccessDirectory::AccessDirectory(
    std::unique_ptr<EventStore> store, Cryptography& cryptography, std::uint16_t partitions
)
    : store_(std::move(store)),
      cryptography_(cryptography),
      partitions_(partitions),
      keyring_(
          cryptography, [this](std::span<const Uuid> subjects) { return store_->find_subject_keys(subjects); }
      ),
      folded_(kStreamsRemembered) {}

template <Decider D>
std::pair<typename D::State, StreamVersion> AccessDirectory::load(TenantId realm, const Uuid& stream) {
    const Folded found = fold(aggregate_type<D>(), realm, stream);
    return {*static_cast<const typename D::State*>(found.state.get()), found.version};
}

/// Reads what is remembered of the stream from its last event on. That one is read again, because a log that
/// was restored to before it has another there, or none.
AccessDirectory::Folded AccessDirectory::fold(const AggregateType& type, TenantId realm, const Uuid& stream) {
    const StreamKey key{partition_of(realm, partitions_), stream};
    const auto nothing = [&] { return Folded{&type, type.initial()}; };
    const Folded* known = folded_.find(key);
    Folded folded = known != nullptr && known->type == &type ? *known : nothing();
    std::vector<StoredEvent> events = store_->read_stream(key, std::max<StreamVersion>(folded.version, 1));
    if (folded.version > 0 && (events.empty() || read(events.front()).envelope.position != folded.last)) {
        folded = nothing();
        events = store_->read_stream(key, 1);
    }
    for (const StoredEvent& stored : events) {
        const contract::RecordedEvent recorded = read(stored);
        const contract::Envelope& envelope = recorded.envelope;
        // A stream of another realm or another kind is not there for this caller, whatever its id.
        if (envelope.tenant != realm || envelope.category != type.category) return nothing();
        if (envelope.version <= folded.version) continue;
        folded.state = type.evolve(folded.state.get(), recorded.event);
        folded.version = envelope.version;
        folded.last = envelope.position;
    }
    if (folded.version > 0) folded_.put(key, folded);
    return folded;
}

contract::RecordedEvent AccessDirectory::read(const StoredEvent& stored) {
    auto recorded = contract::read_event_line(document_, stored.line, &keyring_);
    if (recorded) return std::move(*recorded);
    // Written by a newer version while this one still runs, or damaged: who may come in is not known here.
    throw StoreUnavailable(
        "partition " + std::to_string(stored.partition) + " position " + std::to_string(stored.position) +
        ": " + recorded.error().code + ", " + recorded.error().detail
    );
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
