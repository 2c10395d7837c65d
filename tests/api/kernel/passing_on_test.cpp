#include "api/kernel/application.hpp"
#include "api/kernel/partition_owner.hpp"
#include "api/kernel/peer_bundle.hpp"
#include "api/kernel/peer_endpoint.hpp"
#include "api/server/peer_client.hpp"
#include "domain/kernel/partitioning.hpp"
#include "tests/api/kernel/api_stubs.hpp"
#include "tests/api/server/loopback.hpp"
#include "tests/support/command_world.hpp"
#include "tests/support/eventually.hpp"

#include <fmt/format.h>
#include <future>
#include <gmock/gmock.h>
#include <thread>

namespace annals::api {
namespace {

using server::Answer;
using server::RawClient;
using testing::HasSubstr;

constexpr std::uint32_t kPatienceMs = 1'000;
constexpr std::uint32_t kAwayMs = 1'500;

http::Hmac hmac_with(std::uint8_t key) {
    return [key](std::string_view text) {
        std::array<std::uint8_t, 32> digest{key};
        for (std::size_t i = 0; i < text.size(); ++i)
            digest[i % 32] = static_cast<std::uint8_t>(digest[i % 32] * 31 + text[i]);
        return digest;
    };
}

/// The API of one process on a log that others write as well.
struct ServedApi : StubbedProcess {
    ServedApi(test::CommandWorld& shared, const Principal& principal, std::uint8_t key = 1)
        : StubbedProcess(shared, principal) {
        options.partitions = test::CommandWorld::kPartitions;
        options.hmac = hmac_with(key);
        options.limits.answer_timeout_ms = kPatienceMs;
        options.limits.retry_pause_ms = 5;
        options.limits.away_ms = kAwayMs;
        client.emplace(options);
        services.peers = &*client;
        server::ServerOptions server_options;
        server_options.refuse_unread = make_unread_refusal(services, all_routes());
        served.emplace(std::move(server_options));
        client->attach(*served);
        auto endpoints = make_endpoints(services, checks, all_routes());
        endpoints.push_back(peer_endpoint(services, checks, all_routes(), options.hmac));
        served->start(http::make_dispatcher(std::move(endpoints), {}));
    }
    ~ServedApi() { served.reset(); }
    ServedApi(const ServedApi&) = delete;
    ServedApi& operator=(const ServedApi&) = delete;

    std::optional<Answer> post(
        const std::string& path, std::string_view body, std::string_view more = {},
        std::string_view token = kToken
    ) {
        RawClient raw(served->port());
        raw.send(fmt::format(
            "POST {} HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nAuthorization: Bearer {}\r\n"
            "Content-Length: {}\r\n{}\r\n{}",
            path, token, body.size(), more, body
        ));
        return raw.read();
    }
    std::string address() { return "http://127.0.0.1:" + std::to_string(served->port()); }

    server::PeerClientOptions options;
    std::optional<server::PeerClient> client;
    std::optional<server::HttpServer> served;
};

/// Two processes, of which the second one decides for the organization.
class PassingOn : public testing::Test {
protected:
    PassingOn() { introduce(); }
    void TearDown() override { gate.open(); }

    /// Under names by which the second one owns the organization's partition.
    void introduce() {
        std::string name = "decider";
        const std::uint16_t partition = partition_of(realm, test::CommandWorld::kPartitions);
        while (!owns(name, partition)) name += "+";
        const std::vector<server::Peer> living{{name, decider.address()}, {"entry", entry.address()}};
        entry.client->use("entry", living);
        decider.client->use(name, living);
        EXPECT_TRUE(test::eventually([&] { return entry.client->would_take(partition); }));
        EXPECT_FALSE(decider.client->would_take(partition));
    }
    static bool owns(const std::string& name, std::uint16_t partition) {
        const std::vector<std::string> members{name, "entry"};
        return partition_owner(partition, members, 1) == 0U;
    }
    void hold_the_decider() { decider.hook.once(gate.hook()); }
    std::size_t created() {
        std::size_t count = 0;
        for (const EventRow& row : world.log.events()) count += row.type == "prj.ProjectCreated" ? 1 : 0;
        return count;
    }
    static std::string project(std::string_view key) {
        return fmt::format(R"({{"name":"Moon","key":"{}"}})", key);
    }

    test::CommandWorld world;
    UserId ada = world.register_user("ada@example.org");
    TenantId realm = world.found(ada, "moon");
    SessionId session = begin_session(world, ada);
    Principal principal{.user = ada, .tenant = realm, .session = session};
    test::Gate gate;
    ServedApi entry{world, principal};
    ServedApi decider{world, principal};
};

TEST_F(PassingOn, OneProcessDecidesWhicheverIsAskedAndTheAnswerIsItsOwn) {
    const auto created_there = entry.post("/api/v1/projects", project("MOON"));
    ASSERT_TRUE(created_there);
    EXPECT_EQ(created_there->status, 201) << created_there->body;
    EXPECT_EQ(created_there->header("etag"), "\"1\"");
    EXPECT_THAT(created_there->header("location"), HasSubstr("/api/v1/projects/"));
    EXPECT_EQ(created_there->header("content-type"), "application/json");
    const auto created_here = decider.post("/api/v1/projects", project("MARS"));
    EXPECT_EQ(created_here->status, 201);
    EXPECT_EQ(entry.bus.stats().accepted, 0U);
    EXPECT_EQ(decider.bus.stats().accepted, 2U);
    EXPECT_EQ(decider.bus.stats().heads_moved, 0U);
    EXPECT_EQ(entry.client->stats().answered, 1U);
}

TEST_F(PassingOn, RefusalsComeBackAsTheyAre) {
    ASSERT_EQ(entry.post("/api/v1/projects", project("MOON"))->status, 201);
    const auto duplicate = entry.post("/api/v1/projects", project("MOON"));
    server::expect_problem(duplicate, 409, "the key is taken");
    EXPECT_THAT(duplicate->body, HasSubstr(duplicate->header("x-request-id"))) << "the request of the client";
    server::expect_problem(entry.post("/api/v1/projects", R"({"name":)"), 400, "no JSON");
    server::expect_problem(entry.post("/api/v1/projects", project("x")), 422, "no key");
    server::expect_problem(entry.post("/api/v1/projects", "{}", {}, "somebody"), 401, "no token of ours");
    EXPECT_EQ(entry.client->stats().answered, 4U) << "who is nobody stays outside";
    EXPECT_EQ(decider.bus.stats().rejected, 1U);
}

TEST_F(PassingOn, ARepeatIsTheSameWhereverItArrives) {
    constexpr std::string_view kKey = "Idempotency-Key: once\r\n";
    const auto first = entry.post("/api/v1/projects", project("MOON"), kKey);
    ASSERT_EQ(first->status, 201);
    for (ServedApi* process : {&entry, &decider}) {
        const auto again = process->post("/api/v1/projects", project("MOON"), kKey);
        EXPECT_EQ(again->body, first->body);
        EXPECT_EQ(again->header("idempotency-replayed"), "true");
    }
    EXPECT_EQ(created(), 1U);
}

TEST_F(PassingOn, FormsAndBatchesGoTheSameWay) {
    const std::string form = R"({"type":"prj.CreateProject","data":)" + project("MOON") + "}";
    EXPECT_EQ(entry.post("/api/v1/commands", form)->status, 201);
    const std::string other = R"({"type":"prj.CreateProject","data":)" + project("MARS") + "}";
    const auto batch = entry.post("/api/v1/commands:batch", R"({"commands":[)" + form + "," + other + "]}");
    EXPECT_EQ(batch->status, 200);
    EXPECT_THAT(batch->body, HasSubstr(R"("status":409)"));
    EXPECT_EQ(created(), 2U);
    EXPECT_EQ(entry.bus.stats().accepted + entry.bus.stats().rejected, 0U);
}

TEST_F(PassingOn, TheClientsProcessWaitsForVisibility) {
    const auto unseen = entry.post("/api/v1/projects", project("MOON"), "Prefer: wait=0\r\n");
    EXPECT_EQ(unseen->status, 201);
    EXPECT_EQ(unseen->header("preference-applied"), "");
    std::thread projector([&] {
        EXPECT_TRUE(test::eventually([&] { return created() == 2; }));
        const EventRow last = world.log.events().back();
        entry.visibility.applied({1, last.partition, last.position});
    });
    const auto seen = entry.post("/api/v1/projects", project("MARS"), "Prefer: wait=9\r\n");
    projector.join();
    EXPECT_EQ(seen->status, 201);
    EXPECT_EQ(seen->header("preference-applied"), "wait=9");
}

TEST_F(PassingOn, AClientMayAskToBeDecidedWhereItIs) {
    const auto here = entry.post("/api/v1/projects", project("MOON"), "Annals-Forwarded: 1\r\n");
    EXPECT_EQ(here->status, 201);
    EXPECT_EQ(entry.bus.stats().accepted, 1U);
    EXPECT_EQ(entry.client->stats().answered, 0U);
}

TEST_F(PassingOn, WhatCannotTravelIsDecidedHere) {
    const std::string long_name(300'000, 'x');
    server::expect_problem(
        entry.post("/api/v1/projects", R"({"name":")" + long_name + R"(","key":"M"})"), 422, "too long"
    );
    server::expect_problem(entry.post("/api/v1/projects?x=1", project("MOON")), 400, "a parameter");
    EXPECT_EQ(entry.client->stats().answered, 0U);
}

TEST_F(PassingOn, NobodyElseMaySpeakForAProcess) {
    std::string item;
    http::Request forged;
    forged.method = http::Method::post;
    forged.path = "/api/v1/projects";
    forged.command_id = forged.request_id = test::uuid(1).to_string();
    forged.remote_address = "192.0.2.1";
    forged.headers.add("Authorization", "Bearer ada");
    append_item(item, forged);
    const std::string bundle = write_bundle(std::vector{item});
    const std::string path(kPeerCommandsPath);
    for (const std::string& signature :
         {std::string(), std::string("Annals-Peer: x\r\n"),
          fmt::format("Annals-Peer: {}\r\n", sign_bundle(hmac_with(2), bundle))}) {
        server::expect_problem(decider.post(path, bundle, signature), 403, signature);
    }
    const std::string signature = fmt::format("Annals-Peer: {}\r\n", sign_bundle(hmac_with(1), bundle));
    const auto answered = decider.post(path, bundle, signature);
    ASSERT_EQ(answered->status, 200);
    EXPECT_EQ(read_answers(answered->body, 1)->front().status, 422);
    const std::string broken = fmt::format("Annals-Peer: {}\r\n", sign_bundle(hmac_with(1), "x"));
    server::expect_problem(decider.post(path, "x", broken), 400, "no bundle");
}

TEST_F(PassingOn, OnlyCommandsOfTheOrganizationCanBePassedOn) {
    const auto status = [&](const std::string& path) {
        http::Request request;
        request.method = http::Method::post;
        request.path = path;
        request.command_id = request.request_id = test::uuid(1).to_string();
        std::string item;
        append_item(item, request);
        const std::string bundle = write_bundle(std::vector{item});
        const auto answer = decider.post(
            std::string(kPeerCommandsPath), bundle,
            fmt::format("Annals-Peer: {}\r\n", sign_bundle(hmac_with(1), bundle))
        );
        return read_answers(answer->body, 1)->front().status;
    };
    EXPECT_EQ(status("/api/v1/auth/login"), 404);
    EXPECT_EQ(status("/api/v1/orgs"), 404);
    EXPECT_EQ(status(std::string(kPeerCommandsPath)), 404);
    EXPECT_EQ(status("/api/v1/projects"), 401) << "without a token of the client";
}

TEST_F(PassingOn, WhenTheDeciderHangsItIsDecidedHereAndNeverTwice) {
    hold_the_decider();
    const auto here = entry.post("/api/v1/projects", project("MOON"));
    EXPECT_EQ(here->status, 201) << here->body;
    EXPECT_EQ(entry.bus.stats().accepted, 1U);
    EXPECT_EQ(created(), 1U);
    gate.open();
    ASSERT_TRUE(test::eventually([&] { return decider.bus.stats().repeated == 1; }))
        << "it finds what was decided";
    EXPECT_EQ(created(), 1U);
    EXPECT_EQ(decider.bus.stats().accepted, 0U);
}

TEST_F(PassingOn, WhatTheDeciderDidBeforeItFellSilentIsFound) {
    decider.hook.once([this](EventStore& log, const AppendBatch& batch) {
        const AppendOutcome outcome = log.append(batch);
        test::Gate& held = gate;
        (void)held.hook()(*world.log.open(), {});
        return outcome;
    });
    const auto here = entry.post("/api/v1/projects", project("MOON"));
    EXPECT_EQ(here->status, 201) << here->body;
    EXPECT_EQ(created(), 1U);
    EXPECT_EQ(entry.bus.stats().repeated, 1U);
}

TEST_F(PassingOn, EachCommandOfABatchIsFoundUnderItsOwnId) {
    const std::string one = R"({"type":"prj.CreateProject","data":)" + project("MOON") + "}";
    const std::string other = R"({"type":"prj.CreateProject","data":)" + project("MARS") + "}";
    hold_the_decider();
    const auto batch =
        entry.post("/api/v1/commands:batch", R"({"atomic":true,"commands":[)" + one + "," + other + "]}");
    EXPECT_EQ(batch->status, 200) << batch->body;
    EXPECT_EQ(created(), 2U);
    gate.open();
    ASSERT_TRUE(test::eventually([&] { return decider.bus.stats().repeated == 2; }));
    EXPECT_EQ(created(), 2U);
}

TEST_F(PassingOn, WhatIsInDoubtIsNotCalledRefusedWhenItsSessionCannotBeConfirmed) {
    hold_the_decider();
    auto answer =
        std::async(std::launch::async, [&] { return entry.post("/api/v1/projects", project("MOON")); });
    // By now the decider has believed the session; the process that takes over will not.
    gate.wait_until_reached();
    EXPECT_TRUE(world.send(ada, realm_of(ada), session.value, identity::RevokeSession{}));
    const auto unknown = answer.get();
    server::expect_problem(unknown, 503, "the decider may have accepted it");
    EXPECT_THAT(unknown->body, HasSubstr("the outcome is not known yet"));
    EXPECT_EQ(created(), 0U);
    gate.open();
    EXPECT_TRUE(test::eventually([&] { return created() == 1; })) << "it was accepted after all";
}

TEST_F(PassingOn, FoundingByNameMeansTheSameRealmInBothProcesses) {
    hold_the_decider();
    const std::string form =
        R"({"type":"org.CreateTenant","data":{"name":"Sun","slug":"sun"},"command_id":")" +
        world.ids.next().to_string() + R"("})";
    const auto here = entry.post("/api/v1/commands", form);
    EXPECT_EQ(here->status, 201) << here->body;
    gate.open();
    ASSERT_TRUE(test::eventually([&] { return decider.bus.stats().repeated == 1; }));
    EXPECT_EQ(decider.bus.stats().rejected, 0U) << "the slug is taken by the same command";
}

TEST_F(PassingOn, OneThatDoesNotAnswerIsLeftAloneUntilItDoes) {
    const std::uint16_t partition = partition_of(realm, test::CommandWorld::kPartitions);
    hold_the_decider();
    ASSERT_EQ(entry.post("/api/v1/projects", project("MOON"))->status, 201);
    server::expect_problem(entry.post("/api/v1/projects", project("MOON")), 409, "decided here alone");
    EXPECT_EQ(entry.client->stats().lost, 1U);
    // Its HTTP side goes on, so it is tried again after a while.
    EXPECT_TRUE(test::eventually([&] { return entry.client->would_take(partition); }));
}

TEST_F(PassingOn, ARejectionInDoubtSaysThatTheOutcomeIsUnknown) {
    ASSERT_EQ(entry.post("/api/v1/projects", project("MOON"))->status, 201);
    // A rejection is checked on its heads by an append that moves none; it is held as well.
    hold_the_decider();
    const auto unknown = entry.post("/api/v1/projects", project("MOON"));
    server::expect_problem(unknown, 503, "nobody can say yet");
    EXPECT_THAT(unknown->body, HasSubstr("the outcome is not known yet"));
    EXPECT_EQ(unknown->header("retry-after"), "1");
}

TEST_F(PassingOn, ADeciderThatAnswers503IsNotGoneAround) {
    decider.bus.stop();
    const auto refused = entry.post("/api/v1/projects", project("MOON"));
    server::expect_problem(refused, 503, "what the decider says counts");
    EXPECT_EQ(entry.bus.stats().accepted, 0U);
    EXPECT_EQ(created(), 0U);
}

TEST_F(PassingOn, AProcessWithAnotherKeyIsLeftAlone) {
    ServedApi stranger(world, principal, 2);
    std::string name = "stranger";
    const std::uint16_t partition = partition_of(realm, test::CommandWorld::kPartitions);
    while (!owns(name, partition)) name += "+";
    entry.client->use("entry", {{name, stranger.address()}, {"entry", entry.address()}});
    EXPECT_EQ(entry.post("/api/v1/projects", project("MOON"))->status, 201);
    EXPECT_EQ(entry.bus.stats().accepted, 1U);
    EXPECT_EQ(stranger.bus.stats().accepted, 0U);
}

}  // namespace
}  // namespace annals::api
