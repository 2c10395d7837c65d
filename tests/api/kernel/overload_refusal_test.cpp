#include "api/kernel/application.hpp"
#include "tests/api/kernel/api_stubs.hpp"
#include "tests/api/server/loopback.hpp"
#include "tests/support/command_world.hpp"
#include "tests/support/scripted_bus.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

namespace annals::api {
namespace {

using server::Answer;
using server::RawClient;
using testing::HasSubstr;

/// The API as it is served, on a log in memory, with a queue of one command before a writer that is held.
class FullQueue : public testing::Test {
protected:
    explicit FullQueue(const CommandLimits& limits = narrow())
        : process(
              world, Principal{.user = ada, .tenant = realm, .session = begin_session(world, ada)}, limits
          ) {
        server::ServerOptions options;
        options.refuse_unread = make_unread_refusal(process.services, all_routes());
        served.emplace(std::move(options));
        served->start(
            http::make_dispatcher(make_endpoints(process.services, process.checks, all_routes()), {})
        );
        process.hook.once(gate.hook());
        held = test::submit(bus, test::scripted(test::appends(), realm, world.ids.next()));
        gate.wait_until_reached();
        waiting = test::submit(bus, test::scripted(test::appends(), realm, world.ids.next()));
    }
    void TearDown() override {
        gate.open();
        served.reset();
    }

    /// Lets the writer go on until nothing waits.
    void drain() {
        gate.open();
        EXPECT_TRUE(held.get());
        EXPECT_TRUE(waiting.get());
    }
    static CommandLimits narrow() {
        CommandLimits limits;
        limits.queue_max = 1;
        limits.queue_stall_ms_max = 3'600'000;
        limits.command_age_ms_max = 3'600'000;
        return limits;
    }
    /// A command that makes a project; its body may be left out.
    static std::string create_project(
        std::string_view body, std::string_view more = {}, std::string_view token = kToken
    ) {
        return "POST /api/v1/projects HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n"
               "Authorization: Bearer " +
               std::string(token) + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
               std::string(more) + "\r\n";
    }
    static void expect_refused(const std::optional<Answer>& answer) {
        expect_problem(answer, 503, "the queue is full");
        ASSERT_TRUE(answer);
        EXPECT_EQ(answer->header("retry-after"), "1");
        EXPECT_THAT(answer->body, HasSubstr(R"("code":"OVERLOADED")"));
    }

    static constexpr std::string_view kBody = R"({"name":"Moon","key":"MOON"})";

    test::CommandWorld world;
    UserId ada = world.register_user("ada@example.org");
    TenantId realm = world.found(ada, "moon");
    test::Gate gate;
    StubbedProcess process;
    CommandBus& bus = process.bus;
    std::optional<server::HttpServer> served;
    std::future<CommandResult> held;
    std::future<CommandResult> waiting;
};

TEST_F(FullQueue, RefusesACommandBeforeItsBodyHasComeAndTakesTheNextOnTheSameConnection) {
    RawClient client(served->port());
    client.send(create_project(kBody));
    expect_refused(client.read());
    drain();
    // The body of the refused one is dropped, and is not taken for the beginning of the next.
    client.send(std::string(kBody) + create_project(kBody) + std::string(kBody));
    const std::optional<Answer> accepted = client.read();
    ASSERT_TRUE(accepted);
    EXPECT_EQ(accepted->status, 201) << accepted->body;
    EXPECT_EQ(bus.stats().refused_full, 1U);
    EXPECT_EQ(bus.stats().accepted, 3U) << "what was held, what waited, and the project";
}

TEST_F(FullQueue, RefusesACommandThatIsThereWithoutReadingIt) {
    constexpr std::string_view kBroken = R"({"name":)";
    RawClient client(served->port());
    client.send(create_project(kBroken) + std::string(kBroken));
    expect_refused(client.read());
    drain();
    client.send(create_project(kBroken) + std::string(kBroken));
    expect_problem(client.read(), 400, "the same body when it is read");
}

TEST_F(FullQueue, AsksNoClientForTheBodyOfACommandItWouldRefuse) {
    constexpr std::string_view kExpect = "Expect: 100-continue\r\n";
    RawClient refused(served->port());
    refused.send(create_project(kBody, kExpect));
    expect_refused(refused.read());
    EXPECT_TRUE(refused.closed());
    drain();
    RawClient client(served->port());
    client.send(create_project(kBody, kExpect));
    EXPECT_EQ(client.read_interim(), 100);
    client.send(kBody);
    EXPECT_EQ(client.read()->status, 201);
}

TEST_F(FullQueue, LeavesWhatIsNoCommandOfTheOrganizationToItsRoute) {
    RawClient client(served->port());
    client.send(create_project(kBody, {}, "somebody"));
    client.send(kBody);
    expect_problem(client.read(), 401, "a token that was not issued here");
    client.send("POST /api/v1/no-such-path HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n");
    client.send("{}");
    expect_problem(client.read(), 404, "no route");
    EXPECT_EQ(bus.stats().refused_full, 0U);
}

/// The same, where the queue is long and the organization's own line is full.
class FullLine : public FullQueue {
protected:
    FullLine() : FullQueue(one_of_each_realm()) {}

    static CommandLimits one_of_each_realm() {
        CommandLimits limits = narrow();
        limits.queue_max = 100;
        limits.queue_realm_max = 1;
        return limits;
    }
    static std::string post(std::string_view path, std::string_view body) {
        return fmt::format(
            "POST {} HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nAuthorization: Bearer {}\r\n"
            "Content-Length: {}\r\n\r\n{}",
            path, kToken, body.size(), body
        );
    }
    /// Each names an organization of its own, to which nobody belongs.
    std::vector<std::string> strange_commands() {
        constexpr std::string_view kRename =
            R"({{"type":"org.RenameTenant","id":"{}","data":{{"name":"Mine"}}}})";
        constexpr std::string_view kFound =
            R"({"type":"org.CreateTenant","data":{"name":"Sun","slug":"sun"}})";
        const auto path = [this] { return fmt::format("/api/v1/orgs/{}", world.ids.next().to_string()); };
        return {
            post(path() + "/invitations", R"({"email":"bob@example.org","roles":["member"]})"),
            post("/api/v1/commands", fmt::format(kRename, world.ids.next().to_string())),
            post("/api/v1/commands", kFound),
        };
    }
};

TEST_F(FullLine, IsThatOfWhoeverNamesOtherRealms) {
    RawClient client(served->port());
    for (const std::string& command : strange_commands()) {
        client.send(command);
        expect_refused(client.read());
    }
    EXPECT_EQ(bus.stats().refused_realm, 3U);
    EXPECT_EQ(bus.stats().queued, 1U);
    drain();
    std::vector<int> decided;
    for (const std::string& command : strange_commands()) {
        client.send(command);
        const auto answer = client.read();
        ASSERT_TRUE(answer);
        decided.push_back(answer->status);
    }
    EXPECT_THAT(decided, testing::ElementsAre(404, 404, 201));
}

}  // namespace
}  // namespace annals::api
