#include "projections/catalogue.hpp"

#include "projections/identity/my_organizations.hpp"
#include "projections/identity/person.hpp"
#include "projections/identity/session.hpp"
#include "projections/organizations/invitation.hpp"
#include "projections/organizations/member.hpp"
#include "projections/organizations/organization.hpp"
#include "projections/projects/project.hpp"
#include "projections/projects/task.hpp"
#include "projections/projects/task_history.hpp"

#include <array>

namespace annals {

std::span<const ProjectionType* const> projection_catalogue() {
    static const std::array<const ProjectionType*, 9> kProjections{
        &identity::person_projection(),           &identity::session_projection(),
        &identity::my_organizations_projection(), &organizations::organization_projection(),
        &organizations::member_projection(),      &organizations::invitation_projection(),
        &projects::project_projection(),          &projects::task_projection(),
        &projects::task_history_projection(),
    };
    return kProjections;
}

}  // namespace annals
