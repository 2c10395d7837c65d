#include "domain/projects/project.hpp"
#include "domain/projects/task.hpp"
#include "tests/support/command_world.hpp"

#include <algorithm>
#include <gtest/gtest.h>

namespace annals::projects {
namespace {

using organizations::Role;
using test::code_of;
using test::CommandWorld;
using test::pointers_of;
using test::text;
using Types = std::vector<std::string>;

class ProjectCommands : public testing::Test {
protected:
    CommandWorld world;
    UserId ada = world.register_user("ada@example.org");
    TenantId acme = world.found(ada, "acme");
    Uuid project = create_project("WS");

    Uuid create_project(const std::string& key) {
        CreateProject command{.name = text<ProjectName>("Workshop"), .key = text<ProjectKey>(key)};
        command.columns.emplace();
        command.columns->push_back({.name = text<ColumnName>("To do"), .category = TaskCategory::todo});
        command.columns->push_back(
            {.name = text<ColumnName>("Doing"),
             .category = TaskCategory::in_progress,
             .wip_limit = WipLimit(2)}
        );
        command.columns->push_back({.name = text<ColumnName>("Done"), .category = TaskCategory::done});
        const auto result = world.create(ada, acme, command);
        EXPECT_EQ("accepted", code_of(result));
        return result ? result->id : Uuid{};
    }
    ColumnId column(std::size_t place) { return world.state<Project>(acme, project).columns.at(place).id; }

    CreateTask task(const std::string& title = "Oil the lathe") {
        return {.project_id = ProjectId{project}, .title = text<TaskTitle>(title)};
    }
    Uuid create_task(const std::string& title = "Oil the lathe") {
        const auto result = world.create(ada, acme, task(title));
        EXPECT_EQ("accepted", code_of(result));
        return result ? result->id : Uuid{};
    }
    CommandResult move(
        const Uuid& moved, std::size_t to, std::optional<Uuid> before = {}, std::optional<Uuid> after = {}
    ) {
        MoveTask command{.column = column(to)};
        if (before) command.before = TaskId{*before};
        if (after) command.after = TaskId{*after};
        return world.send(ada, acme, moved, command);
    }
    Task::State state(const Uuid& of) { return world.state<Task>(acme, of); }

    /// The column's tasks in the order of their ranks.
    std::vector<Uuid> order(std::size_t place, const std::vector<Uuid>& among) {
        std::vector<Uuid> found;
        for (const Uuid& one : among) {
            if (state(one).column_id == column(place)) found.push_back(one);
        }
        std::ranges::sort(found, {}, [&](const Uuid& one) { return state(one).rank.str(); });
        return found;
    }
};

TEST_F(ProjectCommands, KeepKeysUniqueInAnOrganizationOnly) {
    const CreateProject again{.name = text<ProjectName>("Other"), .key = text<ProjectKey>("WS")};
    const auto taken = world.create(ada, acme, again);
    EXPECT_EQ("DUPLICATE", code_of(taken));
    EXPECT_EQ((Types{"/key"}), pointers_of(taken));
    EXPECT_EQ("accepted", code_of(world.create(ada, world.found(ada, "other"), again)));
}

TEST_F(ProjectCommands, TakeMembersOnlyAsLead) {
    const UserId stranger = world.register_user("eve@example.org");
    CreateProject command{
        .name = text<ProjectName>("Other"), .key = text<ProjectKey>("OT"), .lead = stranger
    };
    EXPECT_EQ((Types{"/lead"}), pointers_of(world.create(ada, acme, command)));
    command.lead = ada;
    EXPECT_EQ("accepted", code_of(world.create(ada, acme, command)));
    const UpdateProject update{.lead = Patch(stranger)};
    EXPECT_EQ((Types{"/lead"}), pointers_of(world.send(ada, acme, project, update)));
}

TEST_F(ProjectCommands, AskForPermissions) {
    const UserId member = world.join(acme, ada, "max@example.org", {Role::member});
    const UserId viewer = world.join(acme, ada, "vera@example.org", {Role::viewer});
    EXPECT_EQ("FORBIDDEN", code_of(world.send(member, acme, project, ArchiveProject{})));
    EXPECT_EQ("FORBIDDEN", code_of(world.create(viewer, acme, task())));
    EXPECT_EQ("accepted", code_of(world.create(member, acme, task())));
}

TEST_F(ProjectCommands, HideTheStreamsOfOtherOrganizations) {
    const UserId eve = world.register_user("eve@example.org");
    const TenantId evil = world.found(eve, "evil");
    const Uuid mine = create_task();
    EXPECT_EQ("NOT_FOUND", code_of(world.send(eve, evil, project, ArchiveProject{})));
    EXPECT_EQ("NOT_FOUND", code_of(world.send(eve, acme, project, ArchiveProject{})));
    EXPECT_EQ("NOT_FOUND", code_of(world.send(eve, evil, mine, UpdateTask{})));
    EXPECT_EQ("NOT_FOUND", code_of(world.create(eve, evil, task())));
}

TEST_F(ProjectCommands, FreezeTasksWithTheirProject) {
    const Uuid one = create_task();
    EXPECT_EQ("accepted", code_of(world.send(ada, acme, project, ArchiveProject{})));
    EXPECT_EQ("accepted", code_of(world.send(ada, acme, project, ArchiveProject{})));
    EXPECT_EQ((Types{"prj.ProjectCreated", "prj.ProjectArchived"}), world.event_types(project));
    EXPECT_EQ("INVALID_STATE", code_of(world.create(ada, acme, task())));
    EXPECT_EQ("INVALID_STATE", code_of(move(one, 1)));
    EXPECT_EQ("INVALID_STATE", code_of(world.send(ada, acme, one, AssignTask{{ada}})));
    EXPECT_EQ("INVALID_STATE", code_of(world.send(ada, acme, project, UpdateProject{})));
}

TEST_F(ProjectCommands, NumberTasksWithoutAGap) {
    create_task();
    auto rejected = task();
    rejected.column = test::id<ColumnId>(1);
    EXPECT_EQ((Types{"/column"}), pointers_of(world.create(ada, acme, rejected)));
    create_task();
    std::vector<std::string> keys;
    for (const EventRow& row : world.log.events()) {
        const auto at = row.line.find("\"key\":\"WS-");
        if (row.type == "prj.TaskCreated") keys.push_back(row.line.substr(at + 7, 4));
    }
    EXPECT_EQ((std::vector<std::string>{"WS-1", "WS-2"}), keys);
}

TEST_F(ProjectCommands, CountTheTasksOfABlockingColumn) {
    const std::vector<Uuid> tasks{create_task(), create_task(), create_task()};
    EXPECT_EQ("accepted", code_of(move(tasks[0], 1)));
    EXPECT_EQ("accepted", code_of(move(tasks[1], 1)));
    EXPECT_EQ("WIP_LIMIT", code_of(move(tasks[2], 1)));
    EXPECT_EQ("accepted", code_of(move(tasks[1], 1, tasks[0]))) << "places inside are free";
    auto direct = task();
    direct.column = column(1);
    EXPECT_EQ("WIP_LIMIT", code_of(world.create(ada, acme, direct)));
    EXPECT_EQ("accepted", code_of(move(tasks[0], 2)));
    EXPECT_TRUE(state(tasks[0]).completed_at.has_value());
    EXPECT_EQ("accepted", code_of(world.create(ada, acme, direct)));
    EXPECT_EQ("WIP_LIMIT", code_of(move(tasks[2], 1)));
}

TEST_F(ProjectCommands, PutTasksWhereTheyAreAskedTo) {
    const std::vector<Uuid> t{create_task(), create_task(), create_task(), create_task()};
    EXPECT_EQ((std::vector{t[0], t[1], t[2], t[3]}), order(0, t));
    EXPECT_EQ("accepted", code_of(move(t[3], 0, t[0])));
    EXPECT_EQ((std::vector{t[3], t[0], t[1], t[2]}), order(0, t));
    EXPECT_EQ("accepted", code_of(move(t[2], 0, {}, t[3])));
    EXPECT_EQ((std::vector{t[3], t[2], t[0], t[1]}), order(0, t));
    EXPECT_EQ("accepted", code_of(move(t[3], 0)));
    EXPECT_EQ((std::vector{t[2], t[0], t[1], t[3]}), order(0, t));
    EXPECT_EQ("accepted", code_of(move(t[2], 0, t[3], t[1])));
    EXPECT_EQ((std::vector{t[0], t[1], t[2], t[3]}), order(0, t));
    EXPECT_EQ("accepted", code_of(move(t[0], 0, {}, t[3])));
    EXPECT_EQ((std::vector{t[1], t[2], t[3], t[0]}), order(0, t));
}

TEST_F(ProjectCommands, ChangeNothingByARepeatedMove) {
    const std::vector<Uuid> t{create_task(), create_task()};
    for (int i = 0; i < 2; ++i) {
        EXPECT_EQ("accepted", code_of(move(t[1], 0, t[0])));
        EXPECT_EQ("accepted", code_of(move(t[0], 2)));
        EXPECT_EQ("accepted", code_of(move(t[0], 2)));
        EXPECT_EQ("accepted", code_of(move(t[0], 0)));
    }
    EXPECT_EQ((Types{"prj.TaskCreated", "prj.TaskMoved"}), world.event_types(t[1]));
    EXPECT_EQ(5U, world.event_types(t[0]).size());
}

TEST_F(ProjectCommands, RefuseNeighboursThatAreNotInTheColumn) {
    const std::vector<Uuid> t{create_task(), create_task()};
    EXPECT_EQ((Types{"/before"}), pointers_of(move(t[0], 1, t[1])));
    EXPECT_EQ((Types{"/after"}), pointers_of(move(t[0], 0, {}, t[0])));
    EXPECT_EQ((Types{"/before"}), pointers_of(move(t[0], 0, test::uuid(1))));
}

TEST_F(ProjectCommands, AssignMembersOnly) {
    const Uuid one = create_task();
    const UserId stranger = world.register_user("eve@example.org");
    EXPECT_EQ((Types{"/members/1"}), pointers_of(world.send(ada, acme, one, AssignTask{{ada, stranger}})));
    EXPECT_EQ("accepted", code_of(world.send(ada, acme, one, AssignTask{{ada}})));
    EXPECT_EQ("accepted", code_of(world.send(ada, acme, one, UnassignTask{{ada}})));
    auto assigned = task();
    assigned.assignees = {stranger};
    EXPECT_EQ((Types{"/assignees/0"}), pointers_of(world.create(ada, acme, assigned)));
}

TEST_F(ProjectCommands, NestTasksFiveDeepInOneProject) {
    Uuid parent = create_task();
    auto child = task();
    for (int depth = 2; depth <= 5; ++depth) {
        child.parent = TaskId{parent};
        const auto created = world.create(ada, acme, child);
        ASSERT_EQ("accepted", code_of(created)) << depth;
        parent = created->id;
    }
    child.parent = TaskId{parent};
    EXPECT_EQ((Types{"/parent"}), pointers_of(world.create(ada, acme, child)));
    child.project_id = ProjectId{create_project("OT")};
    child.parent = TaskId{create_task()};
    EXPECT_EQ((Types{"/parent"}), pointers_of(world.create(ada, acme, child)));
    child.parent = test::id<TaskId>(1);
    EXPECT_EQ((Types{"/parent"}), pointers_of(world.create(ada, acme, child)));
}

}  // namespace
}  // namespace annals::projects
