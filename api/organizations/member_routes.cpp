#include "api/identity/auth_flow.hpp"
#include "api/kernel/answers.hpp"
#include "api/kernel/command_endpoint.hpp"
#include "api/kernel/forms.hpp"
#include "api/organizations/organization_routes.hpp"
#include "domain/contract/describe.hpp"
#include "domain/organizations/commands.hpp"
#include "projections/organizations/member.hpp"

namespace annals::organizations {

struct AcceptInvitationForm {
    Secret token;
    Secret password;
    identity::DisplayName display_name;
};
BOOST_DESCRIBE_STRUCT(AcceptInvitationForm, (), (token, password, display_name))
constexpr auto contract_docs(const AcceptInvitationForm*) {
    return std::array{
        contract::FieldDoc{"token", "the token of the invitation"},
        contract::FieldDoc{
            "password", "for a new account: 10 to 128 characters; for an existing one: its password"
        },
        contract::FieldDoc{"display_name", "the name other people see; an existing account keeps its own"},
    };
}

struct AcceptedView {
    UserId user_id;
    TenantId tenant_id;
    std::string position;
};
BOOST_DESCRIBE_STRUCT(AcceptedView, (), (user_id, tenant_id, position))

namespace {

using api::Exchange;
using api::Services;

/// The invitation's token goes to whoever invited; mailing it is for a later delivery channel.
std::string invitation_token(Services& services, const CommandAnswer& answer, TenantId realm) {
    const identity::InvitationToken token{realm, InvitationId{answer.id}};
    return R"(,"token":")" + identity::write_invitation_token(services.cryptography, token) + "\"";
}

constexpr std::array kInvitationMembers{
    contract::FieldDoc{"token", "the invitation, to be handed to the invited person; shown to nobody else"}
};

http::Problem token_invalid() {
    return http::make_problem("TOKEN_INVALID", "the invitation was used already, or was not issued here");
}

void submit_acceptance(
    Services& services, const std::shared_ptr<Exchange>& exchange, const identity::InvitationToken& token,
    std::shared_ptr<AcceptInvitation> command
) {
    const UserId user = command->user_id;
    services.bus.submit(
        identity::own_command(
            services, *exchange->request, command_type_of<AcceptInvitation>(), token.tenant,
            token.invitation.value, user, std::move(command)
        ),
        [&services, exchange, user, tenant = token.tenant](const CommandResult& result) {
            if (!result) return exchange->fail(api::rejection_problem(result.error()));
            AcceptedView view{user, tenant, result->position.to_string()};
            std::string body;
            contract::write_json(*contract::type_info<AcceptedView>(), &view, body);
            // Logging in right away finds the membership: the answer waits until queries show it.
            api::respond_when_visible(
                services, result->position, api::kMinPositionWaitMs,
                [exchange, body = std::move(body)](bool) mutable {
                    exchange->respond(http::json_response(201, std::move(body)));
                }
            );
        }
    );
}

/// Runs on a hashing thread.
void accept_checked(
    Services& services, const std::shared_ptr<Exchange>& exchange, const AcceptInvitationForm& form
) {
    const auto token = identity::read_invitation_token(services.cryptography, form.token.str());
    const auto invitation =
        token ? services.directory.invitation(token->tenant, token->invitation) : std::nullopt;
    if (!invitation || !invitation->email.value) return exchange->fail(token_invalid());
    auto command = std::make_shared<AcceptInvitation>();
    // Whoever invites has the token, so it must be good for nothing but joining: an invitation that is over
    // says so before any password is looked at, and a weak password before it is known whether there is an
    // account.
    if (auto valid = Invitation::decide(*invitation, *command, services.clock.now()); !valid)
        return exchange->fail(api::rejection_problem(valid.error()));
    if (auto weak = identity::weak_password(services, form.password, invitation->email.value->str())) {
        return exchange->fail(*weak);
    }
    if (const auto account = services.directory.find_account(*invitation->email.value)) {
        // The invited address has an account: only its owner may join with it.
        if (!identity::may_enter(services, *account, form.password))
            return identity::refuse_entry(services, exchange, *account);
        command->user_id = account->user;
        return submit_acceptance(services, exchange, *token, std::move(command));
    }
    command->user_id = UserId{services.ids.next()};
    command->account = NewAccount{
        form.display_name, CredentialId{services.ids.next()},
        Secret::trusted(services.passwords.hash(form.password.str()))
    };
    submit_acceptance(services, exchange, *token, std::move(command));
}

void accept(Services& services, Exchange incoming) {
    auto form = api::read_form<AcceptInvitationForm>(*contract::type_info<AcceptInvitationForm>(), incoming);
    if (!form) return;
    auto exchange = std::make_shared<Exchange>(std::move(incoming));
    identity::on_hashing_thread(
        services, exchange, "ORG-2b9d",
        [&services, exchange, form = std::move(*form)] { accept_checked(services, exchange, form); }
    );
}

api::QueryResultOrProblem members(api::QueryContext& context, const void*) {
    return api::answer_page(list_members(context.services.reader, context.realm, api::page_request(context)));
}

constexpr std::array<std::string_view, 1> kMemberSorts{"joined"};

}  // namespace

std::vector<api::Route> member_routes() {
    static constexpr std::array<std::string_view, 4> kAcceptProblems{
        "TOKEN_INVALID", "INVITE_EXPIRED", "PASSWORD_WEAK", "UNAUTHENTICATED"
    };
    return {
        {http::Method::post, "/api/v1/orgs/{org}/invitations", "inviteMember",
         "Invite somebody; the answer has the token", "organizations",
         api::CommandRoute{
             .type = &command_type_of<InviteMember>(),
             .realm = api::Realm::path,
             .location = "/api/v1/invitations/",
             .extra = invitation_token,
             .extra_members = kInvitationMembers
         }},
        {http::Method::post, "/api/v1/invitations/accept", "acceptInvitation",
         "Join the organization that invited you", "organizations",
         api::CustomRoute{
             .is_public = true,
             .body = contract::type_info<AcceptInvitationForm>(),
             .answer = contract::type_info<AcceptedView>(),
             .success = 201,
             .problems = kAcceptProblems,
             .run = accept
         }},
        {http::Method::get, "/api/v1/orgs/{org}/members", "listMembers", "The members of an organization",
         "organizations",
         api::QueryRoute{
             .permission = Permission::member_read,
             .realm = api::Realm::path,
             .view = view_shape(static_cast<const MemberView*>(nullptr)),
             .list = true,
             .sorts = kMemberSorts,
             .run = members
         }},
    };
}

}  // namespace annals::organizations
