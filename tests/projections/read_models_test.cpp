#include "domain/identity/events.hpp"
#include "domain/organizations/events.hpp"
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
#include "tests/support/project_events.hpp"
#include "tests/support/projection_spec.hpp"

#include <gtest/gtest.h>
#include <set>

namespace annals {
namespace {

using namespace test;

const TenantId kOrg{uuid(100)};
const UserId kAnna{uuid(1)};
const UserId kBert{uuid(2)};
const ProjectId kProject{uuid(500)};
const TaskId kTask{uuid(600)};

Instant second(std::int64_t number) {
    return instant("2026-11-21T06:00:00Z") + number * kMicrosPerSecond;
}

organizations::TenantCreated tenant_created() {
    organizations::TenantCreated event;
    event.name = text<organizations::TenantName>("Acme");
    event.slug = text<Slug>("acme");
    event.owner = kAnna;
    event.currency = text<Currency>("EUR");
    return event;
}

identity::UserRegistered registered(UserId user, std::string_view email) {
    return {{user.value, text<Email>(email)}, {user.value, text<identity::DisplayName>("Anna")}, {}};
}

TEST(ProjectionCatalogue, EveryTableBelongsToOneProjection) {
    std::set<std::string_view> tables;
    for (const ProjectionType* type : projection_catalogue()) {
        for (const TableType& table : type->tables)
            EXPECT_TRUE(tables.insert(table.name).second) << table.name;
        for (const Reaction& reaction : type->reactions) {
            EXPECT_NE(contract::event_catalogue().find(reaction.event, reaction.schema_version), nullptr)
                << reaction.event;
        }
    }
    EXPECT_EQ(tables.size(), 10U);
}

TEST(PersonProjection, FollowsRegistrationLockAndLogin) {
    EventLog log;
    const TenantId realm = realm_of(kAnna);
    log.add(realm, kAnna.value, registered(kAnna, "anna@example.org"));
    log.add(realm, kAnna.value, identity::LoginFailed{});
    log.add(realm, kAnna.value, identity::UserLocked{second(1800)});
    identity::PersonRow row{
        .tenant_id = realm, .id = kAnna, .email = "anna@example.org", .display_name = "Anna"
    };
    row.locked_until = second(1800);
    row.registered_at = second(0);
    row.version = 3;
    ProjectionSpec(identity::person_projection()).given(log).then<identity::PersonRow>({row});

    log.add(realm, kAnna.value, identity::LoginSucceeded{});
    row.locked_until.reset();
    row.last_login_at = second(3);
    row.version = 4;
    ProjectionSpec(identity::person_projection()).given(log).then<identity::PersonRow>({row});
}

TEST(SessionProjection, ShowsACompromisedSession) {
    EventLog log;
    const SessionId session{uuid(50)};
    log.add(realm_of(kAnna), session.value, identity::SessionStarted{kAnna, kOrg, {}, {}, second(900)});
    log.add(realm_of(kAnna), session.value, identity::SessionRefreshed{1});
    log.add(realm_of(kAnna), session.value, identity::SessionCompromised{});
    identity::SessionRow row{
        .tenant_id = realm_of(kAnna), .id = session, .user_id = kAnna, .organization_id = kOrg
    };
    row.state = identity::SessionState::compromised;
    row.started_at = second(0);
    row.expires_at = second(900);
    row.generation = 1;
    row.version = 3;
    ProjectionSpec(identity::session_projection()).given(log).then<identity::SessionRow>({row});
}

TEST(MyOrganizationsProjection, RenamesTheOrganizationForEveryMember) {
    EventLog log;
    log.add(kOrg, kOrg.value, tenant_created());
    log.add(kOrg, uuid(201), organizations::MembershipCreated{kAnna, {organizations::Role::owner}});
    log.add(kOrg, uuid(202), organizations::MembershipCreated{kBert, {organizations::Role::member}});
    log.add(
        kOrg, kOrg.value,
        organizations::TenantRenamed{
            {text<organizations::TenantName>("Acme"), text<organizations::TenantName>("Apex")}
        }
    );
    using organizations::Role;
    ProjectionSpec(identity::my_organizations_projection())
        .given(log)
        .then<identity::MyOrganizationRow>({
            {realm_of(kAnna), kOrg, "Apex", "acme", {Role::owner}, second(1)},
            {realm_of(kBert), kOrg, "Apex", "acme", {Role::member}, second(2)},
        })
        .then<identity::OrganizationRosterRow>({{kOrg, kOrg, "Apex", "acme", {kAnna, kBert}}});
}

TEST(OrganizationProjections, ShowOrganizationMembersAndInvitations) {
    EventLog log;
    const InvitationId invitation{uuid(301)};
    log.add(kOrg, kOrg.value, tenant_created());
    log.add(kOrg, uuid(201), organizations::MembershipCreated{kAnna, {organizations::Role::owner}});
    organizations::InvitationCreated invited;
    invited.email = {invitation.value, text<Email>("bert@example.org")};
    invited.roles = {organizations::Role::member};
    invited.expires_at = second(900);
    log.add(kOrg, invitation.value, invited);
    log.add(kOrg, invitation.value, organizations::InvitationAccepted{kBert});

    organizations::OrganizationRow organization{
        .tenant_id = kOrg, .id = kOrg, .name = "Acme", .slug = "acme"
    };
    organization.owner = kAnna;
    organization.currency = "EUR";
    organization.created_at = organization.updated_at = second(0);
    organization.version = 1;
    ProjectionSpec(organizations::organization_projection())
        .given(log)
        .then<organizations::OrganizationRow>({organization});
    ProjectionSpec(organizations::member_projection())
        .given(log)
        .then<organizations::MemberRow>(
            {{kOrg, kAnna, MembershipId{uuid(201)}, {organizations::Role::owner}, second(1), 1}}
        );
    organizations::InvitationRow row{.tenant_id = kOrg, .id = invitation, .email = "bert@example.org"};
    row.roles = {organizations::Role::member};
    row.status = organizations::InvitationStatus::accepted;
    row.created_at = second(2);
    row.expires_at = second(900);
    row.accepted_by = kBert;
    row.version = 2;
    ProjectionSpec(organizations::invitation_projection())
        .given(log)
        .then<organizations::InvitationRow>({row});
}

TEST(ProjectProjection, FollowsUpdatesAndTheArchive) {
    EventLog log;
    log.add(kOrg, kProject.value, project_created("WS", "Website"));
    projects::ProjectUpdated updated;
    updated.name = {text<projects::ProjectName>("Website"), text<projects::ProjectName>("Shop")};
    updated.lead = Change<std::optional<UserId>>{std::nullopt, kAnna};
    log.add(kOrg, kProject.value, updated);
    log.add(kOrg, kProject.value, projects::ProjectArchived{});
    projects::ProjectRow row{.tenant_id = kOrg, .id = kProject, .key = "WS", .name = "Shop"};
    row.lead = kAnna;
    row.columns = project_created("WS", "Website").columns;
    row.archived = true;
    row.created_at = second(0);
    row.updated_at = second(2);
    row.version = 3;
    ProjectionSpec(projects::project_projection()).given(log).then<projects::ProjectRow>({row});
}

TEST(TaskProjection, AppliesEveryKindOfChange) {
    EventLog log;
    auto created = task_created(kProject, 12, "Write the press release");
    created.assignees = {kAnna};
    log.add(kOrg, kTask.value, created);
    projects::TaskUpdated updated;
    updated.due = Change<std::optional<Date>>{std::nullopt, date("2026-12-01")};
    updated.labels = Change<std::vector<projects::Label>>{{}, {text<projects::Label>("press")}};
    updated.estimate_min =
        Change<std::optional<projects::EstimateMinutes>>{{}, projects::EstimateMinutes{90}};
    log.add(kOrg, kTask.value, updated);
    log.add(kOrg, kTask.value, projects::TaskAssigned{{kBert}});
    log.add(kOrg, kTask.value, projects::TaskUnassigned{{kAnna}});
    auto moved = task_moved(kTodo, kDone, projects::TaskCategory::done, 40);
    moved.completed_at = second(4);
    log.add(kOrg, kTask.value, moved);

    projects::TaskRow row{
        .tenant_id = kOrg, .id = kTask, .project_id = kProject, .number = 12, .key = "WS-12"
    };
    row.title = "Write the press release";
    row.column_id = kDone;
    row.category = projects::TaskCategory::done;
    row.priority = projects::TaskPriority::medium;
    row.assignees = {kBert};
    row.reporter = UserId{uuid(7)};
    row.due = date("2026-12-01");
    row.estimate_min = 90;
    row.labels = {"press"};
    row.rank = Rank::nth(40).str();
    row.completed_at = second(4);
    row.created_at = second(0);
    row.updated_at = second(4);
    row.version = 5;
    ProjectionSpec(projects::task_projection()).given(log).then<projects::TaskRow>({row});
}

TEST(TaskProjection, RefusesAChangeOfATaskThatIsNotThere) {
    EventLog log;
    log.add(kOrg, kTask.value, projects::TaskAssigned{{kBert}});
    EXPECT_THROW(ProjectionSpec(projects::task_projection()).given(log), ProjectionFault);
}

TEST(TaskHistoryProjection, KeepsEveryEventWithItsChanges) {
    EventLog log;
    log.add(kOrg, kTask.value, task_created(kProject, 1, "One"));
    const auto& moved =
        log.add(kOrg, kTask.value, task_moved(kTodo, kDoing, projects::TaskCategory::in_progress, 2));
    ProjectionSpec spec(projects::task_history_projection());
    spec.given(log);
    const auto* row =
        spec.rows().find<projects::TaskHistoryRow>(kOrg, moved.recorded.envelope.event_id.value);
    ASSERT_NE(row, nullptr);
    EXPECT_EQ(row->task_id, kTask);
    EXPECT_EQ(row->version, 2U);
    EXPECT_EQ(row->type, "prj.TaskMoved");
    EXPECT_EQ(row->actor_kind, "user");
    EXPECT_EQ(row->actor_id, uuid(7));
    EXPECT_NE(row->changes.find(R"("rank":{"before":)"), std::string::npos) << row->changes;
}

}  // namespace
}  // namespace annals
