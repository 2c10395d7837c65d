#include "api/organizations/organization_routes.hpp"

#include "api/kernel/answers.hpp"
#include "domain/organizations/commands.hpp"
#include "projections/organizations/organization.hpp"

namespace annals::organizations {
namespace {

api::QueryResultOrProblem organization(api::QueryContext& context, const void*) {
    return api::answer_one(find_organization(context.services.reader, context.realm));
}

}  // namespace

std::vector<api::Route> organization_routes() {
    return {
        {http::Method::post, "/api/v1/orgs", "createOrganization",
         "Found an organization and become its owner", "organizations",
         api::CommandRoute{
             .type = &command_type_of<CreateTenant>(),
             .realm = api::Realm::person,
             .location = "/api/v1/orgs/"
         }},
        {http::Method::get, "/api/v1/orgs/{org}", "getOrganization", "An organization", "organizations",
         api::QueryRoute{
             .permission = Permission::org_read,
             .realm = api::Realm::path,
             .view = view_shape(static_cast<const OrganizationView*>(nullptr)),
             .run = organization
         }},
        {http::Method::patch, "/api/v1/orgs/{org}", "renameOrganization", "Rename an organization",
         "organizations",
         api::CommandRoute{
             .type = &command_type_of<RenameTenant>(), .realm = api::Realm::path, .target_parameter = "org"
         }},
    };
}

}  // namespace annals::organizations
