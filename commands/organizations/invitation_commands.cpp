#include "commands/organizations/invitation_commands.hpp"

#include "commands/identity/registration.hpp"
#include "commands/kernel/command_table.hpp"
#include "commands/organizations/members.hpp"
#include "domain/organizations/invitation.hpp"

#include <array>

namespace annals::organizations {
namespace {

constexpr std::string_view kPendingScope = "org.invitation";

/// One pending invitation for each address: the reservation of one that expired is taken over.
Handled reserve_address(CommandScope& scope, const std::string& email_index) {
    const ReservationKey pending{scope.realm(), std::string(kPendingScope), email_index};
    if (const auto owner = scope.reservation(pending)) {
        const auto& earlier = *scope.load<Invitation>(owner->realm, owner->stream).first;
        if (Invitation::is_pending(earlier, scope.now())) {
            return std::unexpected(reject_duplicate("/email", "the address has a pending invitation"));
        }
        scope.release(pending);
    }
    scope.reserve(pending, {scope.target(), scope.realm()});
    return {};
}

bool is_member_already(CommandScope& scope, const Email& email) {
    const auto account = scope.reservation(identity::email_reservation(scope, email));
    return account && membership_of(scope, scope.realm(), UserId{account->stream}).active;
}

Handled invite_member(CommandScope& scope, const InviteMember& command) {
    const auto& inviter = membership_of(scope, scope.realm(), scope.user());
    const InviteMemberFacts facts{
        .now = scope.now(),
        .self = InvitationId{scope.target()},
        .email_index = scope.blind_index(kPendingScope, command.email.str()),
        .inviter_roles = inviter.roles,
    };
    auto decision = Invitation::decide(scope.load_target<Invitation>(), command, facts);
    if (!decision) return std::unexpected(std::move(decision).error());
    if (is_member_already(scope, command.email)) {
        return std::unexpected(reject_duplicate("/email", "the person is a member already"));
    }
    if (auto reserved = reserve_address(scope, facts.email_index); !reserved) return reserved;
    scope.create_subject(scope.realm(), scope.target());
    return scope.append<Invitation>(std::move(decision));
}

/// Sees to it that the invited address has the account `command` says: an existing one, or a new one.
Handled settle_account(CommandScope& scope, const Email& email, const AcceptInvitation& command) {
    if (const auto owner = scope.reservation(identity::email_reservation(scope, email))) {
        if (UserId{owner->stream} == command.user_id) {
            const auto user = scope.load<identity::User>(owner->realm, owner->stream).first;
            if (identity::User::is_locked(*user, scope.now()))
                return std::unexpected(reject("UNAUTHENTICATED", "the login failed"));
            return {};
        }
        return std::unexpected(reject("INVITE_EMAIL_MISMATCH", "the invited address has another account"));
    }
    if (!command.account) {
        return std::unexpected(reject_field("/account", "missing", "the invited address has no account yet"));
    }
    const identity::RegisterUser registration{
        .email = email,
        .display_name = command.account->display_name,
        .credential_id = command.account->credential_id,
        .password_hash = command.account->password_hash,
    };
    return identity::register_person(scope, command.user_id, registration);
}

Handled accept_invitation(CommandScope& scope, const AcceptInvitation& command) {
    const auto& invitation = scope.load_target<Invitation>();
    auto decision = Invitation::decide(invitation, command, scope.now());
    if (!decision) return std::unexpected(std::move(decision).error());
    if (!invitation.email.value) {
        return std::unexpected(reject("TOKEN_INVALID", "the invited address was erased"));
    }
    if (auto settled = settle_account(scope, *invitation.email.value, command); !settled) return settled;
    auto joined = join_organization(scope, scope.realm(), command.user_id, invitation.roles);
    if (!joined) return joined;
    scope.release({scope.realm(), std::string(kPendingScope), invitation.email_index});
    return scope.append<Invitation>(std::move(decision));
}

}  // namespace

std::span<const CommandType> invitation_commands() {
    static const std::array kCommands{
        command_row<Invitation, &invite_member>(
            Target::creates, Access::permission, Permission::member_invite
        ),
        command_row<Invitation, &accept_invitation>(Target::existing, Access::internal),
    };
    return kCommands;
}

}  // namespace annals::organizations
