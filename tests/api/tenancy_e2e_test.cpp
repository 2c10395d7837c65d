// Made from the table of routes: a route that is missing here fails the first test.
#include "tests/api/route_cases.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

namespace annals::test {
namespace {

const std::string kRandomId = "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b";

class Tenancy : public testing::Test {
protected:
    ServedInstance instance{InstanceSettings{.partitions = 8}};
    TwoOrganizations people{instance};
    SmallBoard engines_board{people.ada, "ENG"};
    SmallBoard looms_board{people.jacq, "LOOM"};
    Ids engines = ids_of(people.engines, engines_board, people.max_id);
    Ids looms = ids_of(people.looms, looms_board, people.jacq_id);

    /// Ids that name nothing Jacq may know in the place of one of `kind`: of Engines, of nobody, and of other
    /// kinds.
    std::vector<std::string> not_hers(const std::string& kind) {
        std::vector<std::string> ids{filled(kind, engines), kRandomId, engines.task, people.ada_id};
        for (const std::string other : {"{org}", "{project}", "{task}", "{column}", "{user}"}) {
            if (other != kind) ids.push_back(filled(other, looms));
        }
        return ids;
    }
    static Ids with(Ids ids, const std::string& kind, const std::string& id) {
        if (kind == "{org}") ids.org = id;
        if (kind == "{project}") ids.project = id;
        if (kind == "{task}") ids.task = id;
        return ids;
    }
};

TEST(TenancyCases, KnowEveryRoute) {
    for (const api::Route& route : api::all_routes()) {
        if (is_public(route)) continue;
        EXPECT_TRUE(body_of(route)) << "tests/api/route_cases.cpp has no row for " << route.operation;
        EXPECT_NO_THROW((void)path_kinds(route)) << route.operation;
    }
}

TEST_F(Tenancy, AnswersAForeignIdLikeOneThatIsNowhere) {
    const auto before = instance.events();
    int checked = 0;
    for (const api::Route& route : api::all_routes()) {
        if (is_public(route)) continue;
        for (const std::string& kind : path_kinds(route)) {
            const std::string nowhere =
                call(people.jacq, route, with(looms, kind, kRandomId)).without_instance();
            for (const std::string& id : not_hers(kind)) {
                const Answer answer = call(people.jacq, route, with(looms, kind, id));
                EXPECT_EQ(answer.status, 404) << route.operation << ' ' << kind << ' ' << id << ' ' << answer;
                EXPECT_EQ(answer.without_instance(), nowhere) << route.operation << ' ' << kind << ' ' << id;
                EXPECT_EQ(answer.header("etag"), "");
                ++checked;
            }
            for (const char* odd : {"none", "-", "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b0", "%20", "'"}) {
                EXPECT_EQ(call(people.jacq, route, with(looms, kind, odd)).status, 404)
                    << route.operation << odd;
            }
        }
    }
    EXPECT_GT(checked, 100);
    EXPECT_EQ(instance.events(), before);
    // The same requests with her own ids are all carried out, so it was the ids that were refused.
    const api::Route* archive = nullptr;
    for (const api::Route& route : api::all_routes()) {
        if (route.operation == "archiveProject") archive = &route;
        if (is_public(route) || &route == archive) continue;
        const Answer own = call(people.jacq, route, looms);
        if (is_for_administrator(route)) {
            EXPECT_EQ(own.status, 403) << route.operation << ' ' << own;
            EXPECT_EQ(own.code(), "FORBIDDEN");
            EXPECT_EQ(call(people.ada, route, engines).status, 200) << route.operation;
            continue;
        }
        EXPECT_THAT(own.status, testing::AnyOf(200, 201)) << route.operation << ' ' << own;
    }
    ASSERT_NE(archive, nullptr);
    EXPECT_EQ(call(people.jacq, *archive, looms).status, 200);
}

TEST_F(Tenancy, HoldsForEveryCommandByItsName) {
    const auto before = instance.events();
    for (const api::Route& route : api::all_routes()) {
        const CommandType* type = guarded_command(route);
        if (type == nullptr || type->target != Target::existing) continue;
        const auto kinds = path_kinds(route);
        ASSERT_EQ(kinds.size(), 1U) << route.operation;
        for (const std::string& id : not_hers(kinds[0])) {
            const std::string form = fmt::format(
                R"({{"type":"{}","id":"{}","data":{}}})", type->name(), id, filled(*body_of(route), looms)
            );
            const Answer alone = people.jacq.post(kApi + "/commands", form);
            EXPECT_EQ(alone.status, 404) << form << ' ' << alone;
            const Answer batch =
                people.jacq.post(kApi + "/commands:batch", fmt::format(R"({{"commands":[{}]}})", form));
            EXPECT_EQ(batch.text("/items/0/status"), "404") << form << ' ' << batch;
        }
    }
    EXPECT_EQ(instance.events(), before);
}

TEST_F(Tenancy, TellsNoForeignIdInABodyFromAnUnknownOne) {
    const std::string commands[] = {
        R"({"type":"prj.CreateProject","data":{"name":"New","key":"NEW","lead":"{user}"}})",
        R"({"type":"prj.UpdateProject","id":"{own project}","data":{"lead":"{user}"}})",
        R"({"type":"prj.CreateTask","data":{"project_id":"{project}","title":"New"}})",
        R"({"type":"prj.CreateTask","data":{"project_id":"{own project}","title":"N","column":"{column}"}})",
        R"({"type":"prj.CreateTask","data":{"project_id":"{own project}","title":"New","parent":"{task}"}})",
        R"({"type":"prj.CreateTask","data":{"project_id":"{own project}","title":"New",)"
        R"("assignees":["{user}"]}})",
        R"({"type":"prj.MoveTask","id":"{own task}","data":{"column":"{column}"}})",
        R"({"type":"prj.MoveTask","id":"{own task}","data":{"column":"{own column}","before":"{task}"}})",
        R"({"type":"prj.MoveTask","id":"{own task}","data":{"column":"{own column}","after":"{task}"}})",
        R"({"type":"prj.AssignTask","id":"{own task}","data":{"members":["{user}"]}})",
    };
    const Ids nobody{kRandomId, kRandomId, kRandomId, kRandomId, kRandomId};
    const auto before = instance.events();
    for (std::string command : commands) {
        for (const char* kind : {"project}", "task}", "column}"}) {
            const std::string own = std::string("{own ") + kind;
            if (const auto at = command.find(own); at != std::string::npos) {
                command.replace(at, own.size(), filled(std::string("{") + kind, looms));
            }
        }
        const Answer foreign = people.jacq.post(kApi + "/commands", filled(command, engines));
        const Answer unknown = people.jacq.post(kApi + "/commands", filled(command, nobody));
        EXPECT_EQ(foreign.without_instance(), unknown.without_instance()) << command;
        EXPECT_THAT(foreign.status, testing::AllOf(testing::Ge(400), testing::Lt(500))) << command << foreign;
    }
    EXPECT_EQ(instance.events(), before);
    for (const char* filter :
         {"project={project}", "column={column}", "assignee={user}", "reporter={user}", "parent={task}"}) {
        const Answer foreign = people.jacq.get(kApi + "/tasks?" + filled(filter, engines));
        EXPECT_EQ(foreign.raw.body, R"({"items":[],"next_cursor":null,"has_more":false})") << filter;
    }
    const std::string login = R"({{"login":"jacq@example.org","password":"{}","tenant":"{}"}})";
    const std::string as_engines = fmt::format(fmt::runtime(login), kPassword, people.engines);
    const std::string as_nobody = fmt::format(fmt::runtime(login), kPassword, kRandomId);
    EXPECT_EQ(
        people.public_client.post(kApi + "/auth/login", as_engines).without_instance(),
        people.public_client.post(kApi + "/auth/login", as_nobody).without_instance()
    );
}

/// A stranger who asks first must not decide what the owner finds, whatever is in the memory of a writer.
TEST_F(Tenancy, DoesNotLetAStrangersQuestionHideAThingFromItsOwner) {
    instance.stop();
    instance.start();
    ApiClient jacq(instance, people.jacq.token());
    ApiClient ada(instance, people.ada.token());
    const std::string task = engines_board.first_task;
    EXPECT_EQ(jacq.patch(kApi + "/tasks/" + task, R"({"title":"Mine now"})").status, 404);
    EXPECT_EQ(jacq.patch(kApi + "/projects/" + task, R"({"name":"Mine now"})").status, 404);
    EXPECT_EQ(ada.patch(kApi + "/projects/" + task, R"({"name":"No project"})").status, 404);
    const Answer own = ada.patch(kApi + "/tasks/" + task, R"({"title":"Still mine"})");
    EXPECT_EQ(own.status, 200) << own;
    EXPECT_EQ(own.text("/version"), "2");
    EXPECT_EQ(jacq.patch(kApi + "/orgs/" + people.engines, R"({"name":"Mine now"})").status, 404);
    EXPECT_EQ(ada.patch(kApi + "/orgs/" + people.engines, R"({"name":"Still mine"})").status, 200);
}

TEST_F(Tenancy, LetsAViewerReadEverythingAndWriteNothing) {
    const auto before = instance.events();
    int refused = 0;
    for (const api::Route& route : api::all_routes()) {
        if (is_public(route)) continue;
        if (std::holds_alternative<api::QueryRoute>(route.action)) {
            EXPECT_EQ(call(people.vic, route, engines).status, 200) << route.operation;
            continue;
        }
        const CommandType* type = guarded_command(route);
        if (type == nullptr) continue;
        ++refused;
        const Answer answer = call(people.vic, route, engines);
        EXPECT_EQ(answer.status, 403) << route.operation << ' ' << answer;
        EXPECT_EQ(answer.code(), "FORBIDDEN");
        const bool creates = type->target == Target::creates;
        if (route.operation == "createTask" || type->target_is_realm ||
            (creates && path_kinds(route).size() == 1))
            continue;
        const std::string id =
            creates ? "" : fmt::format(R"("id":"{}",)", filled(path_kinds(route)[0], engines));
        const Answer named = people.vic.post(
            kApi + "/commands",
            fmt::format(R"({{"type":"{}",{}"data":{}}})", type->name(), id, filled(*body_of(route), engines))
        );
        EXPECT_EQ(named.status, 403) << route.operation << ' ' << named;
    }
    EXPECT_GE(refused, 9);
    EXPECT_EQ(instance.events(), before);
}

}  // namespace
}  // namespace annals::test
