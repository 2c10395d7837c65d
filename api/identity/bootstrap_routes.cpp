#include "api/identity/auth_flow.hpp"
#include "api/identity/auth_routes.hpp"
#include "api/kernel/command_endpoint.hpp"
#include "api/kernel/forms.hpp"
#include "commands/catalogue.hpp"
#include "domain/contract/describe.hpp"
#include "domain/contract/json_writer.hpp"
#include "domain/organizations/commands.hpp"

namespace annals::identity {

struct FirstOrganization {
    organizations::TenantName name;
    Slug slug;
};
BOOST_DESCRIBE_STRUCT(FirstOrganization, (), (name, slug))

struct BootstrapForm {
    Secret token;
    Email email;
    Secret password;
    DisplayName display_name;
    FirstOrganization organization;
};
BOOST_DESCRIBE_STRUCT(BootstrapForm, (), (token, email, password, display_name, organization))
constexpr auto contract_docs(const BootstrapForm*) {
    return std::array{
        contract::FieldDoc{"token", "the one-time token that the installation printed"},
        contract::FieldDoc{"email", "the address the first person logs in with"},
        contract::FieldDoc{"password", "10 to 128 characters; common ones are refused"},
        contract::FieldDoc{"display_name", "the name other people see"},
        contract::FieldDoc{"organization", "the first organization, which the first person owns"},
    };
}

struct BootstrapView {
    UserId user_id;
    TenantId tenant_id;
    std::string access_token;
    std::string refresh_token;
    std::string token_type;
    std::int64_t expires_in{0};
    std::string position;
};
BOOST_DESCRIBE_STRUCT(
    BootstrapView, (), (user_id, tenant_id, access_token, refresh_token, token_type, expires_in, position)
)

namespace {

using api::Exchange;
using api::Services;

/// The person is in; what is left is the first session, and waiting until queries show the organization.
void finish_bootstrap(
    Services& services, const std::shared_ptr<Exchange>& exchange, UserId user, const CommandAnswer& founded
) {
    const TenantId tenant{founded.id};
    start_session(
        services, *exchange->request, user, tenant, std::nullopt,
        [&services, exchange, user, tenant, position = founded.position](auto tokens) {
            if (!tokens) return exchange->fail(tokens.error());
            std::string body =
                R"({"user_id":")" + user.to_string() + R"(","tenant_id":")" + tenant.to_string() + "\",";
            body += tokens->substr(1);
            body += R"(,"position":")" + position.to_string() + "\"}";
            http::Response response = http::json_response(201, std::move(body));
            response.compressible = false;
            api::respond_when_visible(
                services, position, api::kMinPositionWaitMs,
                [exchange, response = std::move(response)](bool) mutable {
                    exchange->respond(std::move(response));
                }
            );
        }
    );
}

void submit_bootstrap(
    Services& services, const std::shared_ptr<Exchange>& exchange, const BootstrapForm& form, std::string hash
) {
    const UserId owner{services.ids.next()};
    const Uuid tenant = services.ids.next();
    auto command = std::make_shared<organizations::BootstrapPlatform>();
    command->owner = owner;
    command->email = form.email;
    command->account = {
        form.display_name, CredentialId{services.ids.next()}, Secret::trusted(std::move(hash))
    };
    command->organization.name = form.organization.name;
    command->organization.slug = form.organization.slug;
    services.bus.submit(
        own_command(
            services, *exchange->request, command_type_of<organizations::BootstrapPlatform>(),
            TenantId{tenant}, tenant, owner, std::move(command)
        ),
        [&services, exchange, owner](const CommandResult& result) {
            if (!result) return exchange->fail(api::rejection_problem(result.error()));
            finish_bootstrap(services, exchange, owner, *result);
        }
    );
}

void bootstrap(Services& services, Exchange incoming) {
    auto form = api::read_form<BootstrapForm>(*contract::type_info<BootstrapForm>(), incoming);
    if (!form) return;
    if (!services.bootstrap.matches(form->token.str())) {
        return incoming.fail(
            http::make_problem("UNAUTHENTICATED", "this is not the bootstrap token of this installation")
        );
    }
    if (auto weak = weak_password(services, form->password, form->email.str())) return incoming.fail(*weak);
    auto exchange = std::make_shared<Exchange>(std::move(incoming));
    on_hashing_thread(services, exchange, "AUTH-c3a8", [&services, exchange, form = std::move(*form)] {
        submit_bootstrap(services, exchange, form, services.passwords.hash(form.password.str()));
    });
}

}  // namespace

std::vector<api::Route> bootstrap_routes() {
    static constexpr std::array<std::string_view, 4> kProblems{
        "UNAUTHENTICATED", "ALREADY_BOOTSTRAPPED", "PASSWORD_WEAK", "DUPLICATE"
    };
    return {
        {http::Method::post, "/api/v1/bootstrap", "bootstrap",
         "Make the first person and the first organization", "identity",
         api::CustomRoute{
             .is_public = true,
             .body = contract::type_info<BootstrapForm>(),
             .answer = contract::type_info<BootstrapView>(),
             .success = 201,
             .problems = kProblems,
             .run = bootstrap
         }},
    };
}

}  // namespace annals::identity
