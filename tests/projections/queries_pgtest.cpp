#include "domain/identity/events.hpp"
#include "domain/organizations/events.hpp"
#include "infra/postgres/projection_store.hpp"
#include "infra/postgres/query_pool.hpp"
#include "projections/catalogue.hpp"
#include "projections/identity/my_organizations.hpp"
#include "projections/identity/person.hpp"
#include "projections/identity/session.hpp"
#include "projections/organizations/invitation.hpp"
#include "projections/organizations/member.hpp"
#include "projections/organizations/organization.hpp"
#include "projections/projects/board.hpp"
#include "projections/projects/project.hpp"
#include "projections/projects/task.hpp"
#include "projections/projects/task_history.hpp"
#include "tests/support/event_log.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/pg_fixture.hpp"
#include "tests/support/project_events.hpp"

#include <gtest/gtest.h>

namespace annals {
namespace {

using namespace test;
using namespace projects;

const TenantId kOrgA{uuid(0xa0)};
const TenantId kOrgB{uuid(0xa1)};
const ProjectId kWebsite{uuid(500)};
const ProjectId kForeign{uuid(501)};
const UserId kAnna{uuid(1)};
const UserId kBert{uuid(2)};

class Queries : public ::testing::Test {
protected:
    Queries() {
        log.add(kOrgA, kWebsite.value, project_created("WS", "Website"));
        log.add(kOrgB, kForeign.value, project_created("XX", "Foreign"));
        task(1, "Alpha 100%", [](TaskCreated& t) { t.priority = TaskPriority::low; });
        task(2, "Beta", [](TaskCreated& t) {
            t.priority = TaskPriority::urgent;
            t.due = date("2026-12-24");
            t.assignees = {kAnna, kBert};
        });
        task(3, "Gamma", [](TaskCreated& t) {
            t.due = date("2026-12-01");
            t.labels = {text<Label>("press"), text<Label>("web")};
            t.assignees = {kBert};
            t.type = TaskType::bug;
        });
        task(4, "Delta", [](TaskCreated& t) {
            t.parent = TaskId{uuid(601)};
            t.reporter = kBert;
            t.description = text<TaskDescription>("Line\n\"two\" \\ ünï");
        });
        log.add(kOrgA, uuid(602), task_moved(kTodo, kDoing, TaskCategory::in_progress, 2));
        log.add(kOrgA, uuid(603), task_moved(kTodo, kDoing, TaskCategory::in_progress, 1));
        log.add(kOrgB, uuid(700), task_created(kForeign, 1, "Foreign"));
        apply();
    }

    template <class Change>
    void task(std::int64_t number, std::string_view title, Change change) {
        TaskCreated created = task_created(kWebsite, number, title);
        change(created);
        log.add(kOrgA, uuid(600 + static_cast<std::uint64_t>(number)), created);
    }
    void apply() {
        const auto store = pg::make_projection_store(database.engine_dsn());
        Projector projector(projection_catalogue(), *store, log, &sealer, {});
        projector.open();
        for (std::uint16_t partition = 0; partition < 2; ++partition) {
            database.run(
                "update log.partition set head = " + std::to_string(log.head(partition)) +
                " where partition = " + std::to_string(partition)
            );
        }
        projector.apply(log.lines());
        EXPECT_EQ(database.value("select string_agg(detail, '; ') from proj.parked"), "");
    }
    /// Numbers of the tasks of all pages, each of `limit`.
    std::string numbers(const TaskFilter& filter, TaskSort sort, bool descending, std::size_t limit = 200) {
        std::string found;
        PageRequest request{limit, {}};
        do {
            const auto page = list_tasks(pool, kOrgA, filter, sort, descending, request);
            EXPECT_LE(page.items.size(), limit);
            for (const TaskView& each : page.items) found += std::to_string(each.number);
            request.after = page.next;
        } while (request.after);
        return found;
    }
    std::string numbers(const TaskFilter& filter) { return numbers(filter, TaskSort::created, false); }

    PgDatabase database{PgDatabase::Contents::migrated, 2};
    EventLog log{2};
    HexSealer sealer;
    pg::QueryPool pool{database.api_dsn()};
};

TEST_F(Queries, FindATaskWithAllItsFields) {
    const auto found = find_task(pool, kOrgA, TaskId{uuid(604)});
    ASSERT_TRUE(found.has_value());
    EXPECT_EQ(found->title, "Delta");
    EXPECT_EQ(found->description, "Line\n\"two\" \\ ünï");
    EXPECT_EQ(found->parent, TaskId{uuid(601)});
    EXPECT_EQ(found->reporter, kBert);
    EXPECT_EQ(found->version, 1U);
    EXPECT_EQ(found->created_at, log.partition(0)[4].recorded.envelope.recorded_at);
    EXPECT_EQ(find_task(pool, kOrgA, TaskId{uuid(602)})->version, 2U);
    EXPECT_EQ(find_task(pool, kOrgA, TaskId{uuid(602)})->due, date("2026-12-24"));
}

TEST_F(Queries, DoNotShowWhatBelongsToAnotherOrganization) {
    EXPECT_FALSE(find_task(pool, kOrgA, TaskId{uuid(700)}).has_value());
    EXPECT_FALSE(find_task(pool, kOrgB, TaskId{uuid(601)}).has_value());
    EXPECT_TRUE(find_task(pool, kOrgB, TaskId{uuid(700)}).has_value());
    EXPECT_FALSE(find_project(pool, kOrgA, kForeign).has_value());
    EXPECT_FALSE(find_board(pool, kOrgA, kForeign).has_value());
    EXPECT_TRUE(task_history(pool, kOrgA, TaskId{uuid(700)}, {}).items.empty());
    TaskFilter foreign;
    foreign.project = kForeign;
    EXPECT_EQ(numbers(foreign), "");
    // Row-level security holds even where a statement forgets the realm.
    const annals::Statement careless{"test.careless", "select count(*) from prj.task"};
    EXPECT_EQ(pool.query(kOrgA, careless, {})->cell(0, 0), "4");
    EXPECT_EQ(pool.query(kOrgB, careless, {})->cell(0, 0), "1");
    EXPECT_EQ(pool.query(TenantId{uuid(0xff)}, careless, {})->cell(0, 0), "0");
}

TEST_F(Queries, FilterTasks) {
    const auto by = [this](auto change) {
        TaskFilter filter;
        change(filter);
        return numbers(filter);
    };
    EXPECT_EQ(by([](TaskFilter&) {}), "1234");
    EXPECT_EQ(by([](TaskFilter& f) { f.project = kWebsite; }), "1234");
    EXPECT_EQ(by([](TaskFilter& f) { f.column = kDoing; }), "23");
    EXPECT_EQ(by([](TaskFilter& f) { f.category = TaskCategory::todo; }), "14");
    EXPECT_EQ(by([](TaskFilter& f) { f.priority = TaskPriority::urgent; }), "2");
    EXPECT_EQ(by([](TaskFilter& f) { f.type = TaskType::bug; }), "3");
    EXPECT_EQ(by([](TaskFilter& f) { f.assignee = kBert; }), "23");
    EXPECT_EQ(
        by([](TaskFilter& f) {
            f.assignee = kAnna;
            f.project = kWebsite;
        }),
        "2"
    );
    EXPECT_EQ(by([](TaskFilter& f) { f.reporter = kBert; }), "4");
    EXPECT_EQ(by([](TaskFilter& f) { f.parent = TaskId{uuid(601)}; }), "4");
    EXPECT_EQ(by([](TaskFilter& f) { f.label = "web"; }), "3");
    EXPECT_EQ(by([](TaskFilter& f) { f.due_from = date("2026-12-02"); }), "2");
    EXPECT_EQ(by([](TaskFilter& f) { f.due_to = date("2026-12-01"); }), "3");
    EXPECT_EQ(by([](TaskFilter& f) { f.text = "ETA"; }), "2");
    EXPECT_EQ(by([](TaskFilter& f) { f.text = "100%"; }), "1");
    EXPECT_EQ(by([](TaskFilter& f) { f.text = "ws-3"; }), "3");
    EXPECT_EQ(by([](TaskFilter& f) { f.text = "_"; }), "");
}

TEST_F(Queries, ReadOnlyTheTasksThatAListByTimeShows) {
    database.run(
        "insert into prj.task (tenant_id, id, project_id, number, key, title, type, column_id, category,"
        " priority, assignees, reporter, labels, rank, created_at, updated_at, version)"
        " select tenant_id, gen_random_uuid(), project_id, 1000 + n, key, title, type, column_id, category,"
        " (array['urgent', 'high', 'medium', 'low', 'none'])[1 + n % 5], assignees, reporter, labels, rank,"
        " created_at + n * interval '1 second', updated_at + n * interval '1 second', 1"
        " from prj.task, generate_series(1, 5000) n where number = 1 and tenant_id = '" +
        kOrgA.to_string() + "'"
    );
    database.run("analyze prj.task");
    const auto fetched = [this] {
        return std::stoul(
            database.value("select idx_tup_fetch from pg_stat_user_tables where relid = 'prj.task'::regclass")
        );
    };
    for (const TaskSort sort : {TaskSort::created, TaskSort::updated, TaskSort::due}) {
        const std::size_t before = fetched();
        {
            pg::QueryPool session{database.api_dsn()};  // its counts are known when it has ended
            TaskFilter filter;
            filter.project = kWebsite;
            filter.priority = TaskPriority::high;
            filter.category = TaskCategory::todo;
            EXPECT_EQ(list_tasks(session, kOrgA, filter, sort, true, {200, {}}).items.size(), 200);
        }
        EXPECT_TRUE(eventually([&] { return fetched() >= before + 200; }));
        EXPECT_LT(fetched(), before + 400) << "one of five has it: 1,000 are passed over in the index";
    }
}

TEST_F(Queries, SortTasksBothWaysAndPageThroughThem) {
    struct Case {
        TaskSort sort;
        std::string ascending;
    };
    // By rank: task 3 was moved to the first rank, which task 1 has too; 1 has the smaller id.
    for (const auto& [sort, ascending] :
         {Case{TaskSort::created, "1234"}, Case{TaskSort::updated, "1423"}, Case{TaskSort::rank, "1324"},
          Case{TaskSort::priority, "2341"}, Case{TaskSort::due, "3214"}}) {
        const std::string descending(ascending.rbegin(), ascending.rend());
        for (const bool with_project : {false, true}) {
            TaskFilter filter;
            if (with_project) filter.project = kWebsite;
            for (const std::size_t limit : {1U, 2U, 3U, 4U, 50U}) {
                EXPECT_EQ(numbers(filter, sort, false, limit), ascending) << limit;
                EXPECT_EQ(numbers(filter, sort, true, limit), descending) << limit;
            }
        }
    }
}

TEST_F(Queries, ListProjects) {
    log.add(kOrgA, uuid(510), project_created("AB", "Über uns"));
    log.add(kOrgA, uuid(510), ProjectArchived{});
    apply();
    const auto keys = [this](const ProjectFilter& filter, ProjectSort sort, bool descending) {
        std::string found;
        PageRequest request{1, {}};
        do {
            const auto page = list_projects(pool, kOrgA, filter, sort, descending, request);
            for (const ProjectView& each : page.items) found += each.key + " ";
            request.after = page.next;
        } while (request.after);
        return found;
    };
    EXPECT_EQ(keys({}, ProjectSort::key, false), "AB WS ");
    EXPECT_EQ(keys({}, ProjectSort::created, false), "WS AB ");
    EXPECT_EQ(keys({}, ProjectSort::updated, true), "AB WS ");
    EXPECT_EQ(keys({}, ProjectSort::name, true).size(), 6U);
    EXPECT_EQ(keys({.archived = false}, ProjectSort::key, false), "WS ");
    EXPECT_EQ(keys({.archived = true}, ProjectSort::key, false), "AB ");
    EXPECT_EQ(keys({.type = ProjectType::scrum}, ProjectSort::key, false), "");
    EXPECT_EQ(keys({.text = "site"}, ProjectSort::key, false), "WS ");
    EXPECT_EQ(find_project(pool, kOrgA, kWebsite)->columns, project_created("WS", "Website").columns);
}

TEST_F(Queries, ShowABoardWithCountsAndLimits) {
    const auto board = find_board(pool, kOrgA, kWebsite);
    ASSERT_TRUE(board.has_value());
    ASSERT_EQ(board->columns.size(), 3U);
    const BoardColumn& todo = board->columns[0];
    const BoardColumn& doing = board->columns[1];
    EXPECT_EQ(todo.name, "To do");
    EXPECT_EQ(todo.task_count, 2U);
    EXPECT_FALSE(todo.over_limit);
    EXPECT_EQ(doing.task_count, 2U);
    EXPECT_EQ(doing.wip_limit, 1);
    EXPECT_TRUE(doing.over_limit);
    ASSERT_EQ(doing.tasks.size(), 2U);
    EXPECT_EQ(doing.tasks[0].title, "Gamma");
    EXPECT_EQ(doing.tasks[0].labels, (std::vector<std::string>{"press", "web"}));
    EXPECT_EQ(doing.tasks[1].assignees, (std::vector<UserId>{kAnna, kBert}));
    EXPECT_EQ(board->columns[2].task_count, 0U);
}

TEST_F(Queries, ShowATasksHistoryNewestFirst) {
    const auto first = task_history(pool, kOrgA, TaskId{uuid(602)}, {1, {}});
    ASSERT_EQ(first.items.size(), 1U);
    EXPECT_EQ(first.items[0].type, "prj.TaskMoved");
    EXPECT_EQ(first.items[0].version, 2U);
    ASSERT_TRUE(first.next.has_value());
    const auto second = task_history(pool, kOrgA, TaskId{uuid(602)}, {1, first.next});
    ASSERT_EQ(second.items.size(), 1U);
    EXPECT_EQ(second.items[0].type, "prj.TaskCreated");
    EXPECT_FALSE(second.next.has_value());
}

TEST_F(Queries, ShowAPersonSessionAndOrganizations) {
    using organizations::Role;
    organizations::TenantCreated tenant;
    tenant.name = text<organizations::TenantName>("Acme");
    tenant.slug = text<Slug>("acme");
    tenant.owner = kAnna;
    log.add(kOrgA, kOrgA.value, tenant);
    log.add(kOrgA, uuid(201), organizations::MembershipCreated{kAnna, {Role::owner}});
    log.add(kOrgA, uuid(202), organizations::MembershipCreated{kBert, {Role::member, Role::viewer}});
    organizations::InvitationCreated invited;
    invited.email = {uuid(301), text<Email>("eve@example.org")};
    invited.roles = {Role::member};
    log.add(kOrgA, uuid(301), invited);
    const auto realm = realm_of(kAnna);
    log.add(
        realm, kAnna.value,
        identity::UserRegistered{
            {kAnna.value, text<Email>("anna@example.org")},
            {kAnna.value, text<identity::DisplayName>("Anna")},
            {}
        }
    );
    log.add(realm, uuid(50), identity::SessionStarted{kAnna, kOrgA, {}, {}, instant("2026-12-24T00:00:00Z")});
    // The session is closed and the organization renamed in a later batch, from rows that are stored by then.
    apply();
    log.add(realm, uuid(50), identity::SessionRevoked{});
    log.add(
        kOrgA, kOrgA.value,
        organizations::TenantRenamed{
            {text<organizations::TenantName>("Acme"), text<organizations::TenantName>("Apex")}
        }
    );
    apply();

    EXPECT_EQ(identity::find_person(pool, kAnna)->email, "anna@example.org");
    EXPECT_FALSE(identity::find_person(pool, kBert).has_value());
    const auto session = identity::find_session(pool, kAnna, SessionId{uuid(50)});
    ASSERT_TRUE(session.has_value());
    EXPECT_EQ(session->state, identity::SessionState::revoked);
    EXPECT_EQ(session->organization_id, kOrgA);
    EXPECT_EQ(session->expires_at, instant("2026-12-24T00:00:00Z"));
    ASSERT_EQ(identity::my_organizations(pool, kBert).size(), 1U);
    EXPECT_EQ(identity::my_organizations(pool, kBert)[0].name, "Apex");
    EXPECT_EQ(
        identity::my_organizations(pool, kBert)[0].roles, (std::vector<Role>{Role::member, Role::viewer})
    );
    EXPECT_EQ(organizations::find_organization(pool, kOrgA)->name, "Apex");
    EXPECT_FALSE(organizations::find_organization(pool, kOrgB).has_value());

    const auto first = organizations::list_members(pool, kOrgA, {1, {}});
    ASSERT_EQ(first.items.size(), 1U);
    EXPECT_EQ(first.items[0].id, kAnna);
    ASSERT_TRUE(first.next.has_value());
    const auto second = organizations::list_members(pool, kOrgA, {1, first.next});
    ASSERT_EQ(second.items.size(), 1U) << first.next->key;
    EXPECT_EQ(second.items[0].id, kBert);
    EXPECT_EQ(organizations::find_member(pool, kOrgA, kBert)->membership_id, MembershipId{uuid(202)});
    const auto pending = organizations::InvitationStatus::pending;
    const auto invitations = organizations::list_invitations(pool, kOrgA, pending, {});
    ASSERT_EQ(invitations.items.size(), 1U);
    EXPECT_EQ(invitations.items[0].email, "eve@example.org");
    EXPECT_TRUE(organizations::list_invitations(pool, kOrgA, organizations::InvitationStatus::accepted, {})
                    .items.empty());
    EXPECT_TRUE(organizations::find_invitation(pool, kOrgA, InvitationId{uuid(301)}).has_value());
}

}  // namespace
}  // namespace annals
