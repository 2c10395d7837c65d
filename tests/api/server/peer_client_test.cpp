#include "api/server/peer_client.hpp"

#include "api/kernel/peer_bundle.hpp"
#include "tests/api/server/loopback.hpp"
#include "tests/support/values.hpp"

#include <algorithm>
#include <chrono>
#include <gmock/gmock.h>
#include <thread>

namespace annals::server {
namespace {

using api::PeerAnswer;
using Outcome = PeerAnswer::Outcome;
using testing::Contains;
using testing::Each;
using testing::HasSubstr;

bool eventually(const std::function<bool()>& condition) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(kTestPatienceMs);
    while (!condition()) {
        if (std::chrono::steady_clock::now() > until) return false;
        std::this_thread::yield();
    }
    return true;
}

/// The one of two that rendezvous hashing gives to "peer" when there is also "self".
constexpr std::uint16_t kPartition = 1;

/// A process that passes on, and one that it passes on to, whose way with bundles each test writes.
class PeerClientOnLoopback : public testing::Test {
protected:
    struct Arrived {
        std::vector<std::shared_ptr<http::Request>> items;
        http::Respond respond;
    };

    PeerClientOnLoopback() {
        options.partitions = 2;
        options.deciders = 2;
        options.hmac = [](std::string_view) { return std::array<std::uint8_t, 32>{}; };
        options.limits.connections = 1;
        options.limits.retry_pause_ms = 5;
        options.limits.away_ms = 0;
        options.log = [this](bool, std::string_view code, std::string_view message) {
            const std::lock_guard lock(mutex);
            reports.push_back(std::string(code) + " " + std::string(message));
        };
        peer.on(std::string(api::kPeerCommandsPath), [this](const auto& request, http::Respond respond) {
            take(*request, std::move(respond));
        });
    }
    void TearDown() override {
        answer_all();
        peer.server().stop(100);
        own.reset();
    }

    void begin() {
        peer.start();
        client.emplace(options);
        own.emplace(ServerOptions{});
        client->attach(*own);
        own->start([](const auto&, http::Respond respond) { respond(http::no_content()); });
        introduce();
    }
    void introduce() { client->use("self", {{"self", "http://127.0.0.1:1"}, {"peer", address()}}); }
    std::string address() { return "http://127.0.0.1:" + std::to_string(peer.port()); }

    void become_usable() {
        ASSERT_TRUE(eventually([&] { return client->would_take(kPartition); }))
            << testing::PrintToString(said());
    }

    /// What the peer does with a bundle: a question whether it is there is answered, others are kept.
    void take(const http::Request& request, http::Respond respond) {
        auto items = api::read_bundle(request.body).value();
        if (items.empty() && answers_probes) return respond(answer({}));
        const std::lock_guard lock(mutex);
        arrived.push_back({std::move(items), std::move(respond)});
    }
    static http::Response answer(const std::vector<std::shared_ptr<http::Request>>& items) {
        std::vector<http::Response> answers;
        for (const auto& item : items) answers.push_back(http::json_response(200, item->path));
        http::Response all;
        all.compressible = false;
        all.body = api::write_answers(answers);
        return all;
    }
    std::size_t bundles() {
        const std::lock_guard lock(mutex);
        return arrived.size();
    }
    std::size_t items_of(std::size_t bundle) {
        const std::lock_guard lock(mutex);
        return arrived[bundle].items.size();
    }
    void answer_bundle(std::size_t bundle) {
        const std::lock_guard lock(mutex);
        Arrived& one = arrived[bundle];
        if (one.respond) one.respond(answer(one.items));
        one.respond = nullptr;
    }
    void answer_all() {
        for (std::size_t i = 0; i < bundles(); ++i) answer_bundle(i);
    }

    /// Passes on a command with a path of its own.
    bool pass_on(int number) {
        auto request = std::make_shared<http::Request>();
        request->method = http::Method::post;
        request->path = "/" + std::to_string(number);
        request->command_id = request->request_id = test::uuid(9).to_string();
        api::PeerCompletion done = [this, number](const PeerAnswer& got) {
            const std::lock_guard lock(mutex);
            order.push_back(number);
            outcomes.push_back(got.outcome);
            bodies.push_back(got.response.body);
        };
        return client->pass_on(kPartition, request, done);
    }
    std::vector<std::string> said() {
        const std::lock_guard lock(mutex);
        return reports;
    }
    std::size_t finished() {
        const std::lock_guard lock(mutex);
        return outcomes.size();
    }

    PeerClientOptions options;
    TestServer peer;
    std::atomic<bool> answers_probes = true;
    std::optional<PeerClient> client;
    std::optional<HttpServer> own;
    std::mutex mutex;
    std::vector<Arrived> arrived;
    std::vector<int> order;
    std::vector<Outcome> outcomes;
    std::vector<std::string> bodies;
    std::vector<std::string> reports;
};

TEST_F(PeerClientOnLoopback, SendsTogetherWhatWaitsAndGivesEachItsOwnAnswerInOrder) {
    begin();
    become_usable();
    ASSERT_TRUE(pass_on(0));
    ASSERT_TRUE(eventually([&] { return bundles() == 1; }));
    for (int i = 1; i <= 40; ++i) ASSERT_TRUE(pass_on(i));
    answer_bundle(0);
    ASSERT_TRUE(eventually([&] { return bundles() == 2; }));
    EXPECT_EQ(items_of(1), 40U) << "they waited for the only connection";
    answer_bundle(1);
    ASSERT_TRUE(eventually([&] { return finished() == 41; }));
    EXPECT_THAT(outcomes, Each(Outcome::answered));
    EXPECT_TRUE(std::ranges::is_sorted(order));
    for (std::size_t i = 0; i < bodies.size(); ++i) EXPECT_EQ(bodies[i], "/" + std::to_string(order[i]));
    EXPECT_EQ(client->stats().bundles, 2U);
    EXPECT_EQ(client->stats().answered, 41U);
}

TEST_F(PeerClientOnLoopback, TakesNothingBeforeAConnectionHasProvedToWork) {
    answers_probes = false;
    begin();
    ASSERT_TRUE(eventually([&] { return bundles() == 1; })) << "the question whether it is there";
    EXPECT_FALSE(client->would_take(kPartition));
    EXPECT_FALSE(pass_on(1));
    answers_probes = true;
    answer_bundle(0);
    become_usable();
}

TEST_F(PeerClientOnLoopback, CallsCommandsLostWhenThePeerHangsAndUsesItAgainWhenItAnswers) {
    options.limits.answer_timeout_ms = 100;
    begin();
    become_usable();
    answers_probes = false;
    ASSERT_TRUE(pass_on(1));
    ASSERT_TRUE(eventually([&] { return finished() == 1; }));
    EXPECT_THAT(outcomes, Each(Outcome::lost));
    EXPECT_FALSE(client->would_take(kPartition));
    EXPECT_THAT(said(), Contains(HasSubstr("PEER-9d26")));
    answers_probes = true;
    answer_all();
    become_usable();
    ASSERT_TRUE(pass_on(2));
    const std::size_t before = bundles();
    ASSERT_TRUE(eventually([&] {
        answer_all();
        return finished() == 2;
    })) << before;
    EXPECT_EQ(outcomes.back(), Outcome::answered);
}

TEST_F(PeerClientOnLoopback, WhatWaitsWasNotSentWhenTheConnectionBreaks) {
    begin();
    become_usable();
    ASSERT_TRUE(pass_on(1));
    ASSERT_TRUE(eventually([&] { return bundles() == 1; }));
    ASSERT_TRUE(pass_on(2));
    peer.server().stop(1);
    ASSERT_TRUE(eventually([&] { return finished() == 2; }));
    EXPECT_EQ(outcomes, (std::vector{Outcome::lost, Outcome::not_sent}));
    EXPECT_FALSE(client->would_take(kPartition));
    EXPECT_EQ(client->stats().lost, 1U);
    EXPECT_EQ(client->stats().not_sent, 1U);
}

TEST_F(PeerClientOnLoopback, DoesNotReadAnAnswerBeyondItsLimit) {
    options.limits.answer_bytes_max = 64;
    begin();
    become_usable();
    for (int i = 0; i < 8; ++i) ASSERT_TRUE(pass_on(100'000 + i));
    ASSERT_TRUE(eventually([&] {
        answer_all();
        return finished() == 8;
    }));
    EXPECT_THAT(outcomes, Contains(Outcome::lost));
    EXPECT_THAT(said(), Contains(HasSubstr("PEER-b1d7")));
}

TEST_F(PeerClientOnLoopback, LeavesAloneWhoRefusesIt) {
    peer.on(std::string(api::kPeerCommandsPath), [this](const auto& request, http::Respond respond) {
        respond(http::problem_response(*request, http::make_problem("FORBIDDEN", "another key")));
        const std::lock_guard lock(mutex);
        arrived.emplace_back();
    });
    begin();
    ASSERT_TRUE(eventually([&] { return bundles() > 2; }));
    EXPECT_FALSE(client->would_take(kPartition));
    const std::lock_guard lock(mutex);
    EXPECT_EQ(
        reports,
        std::vector<std::string>{
            "PEER-5e08 " + address().substr(7) + " takes no commands from here: status 403"
        }
    );
    arrived.clear();
}

TEST_F(PeerClientOnLoopback, DecidesHereWhatIsTooMuchForOnePeer) {
    options.limits.under_way_max = 3;
    begin();
    become_usable();
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(pass_on(i));
    EXPECT_FALSE(pass_on(3));
    EXPECT_FALSE(client->would_take(kPartition));
    ASSERT_TRUE(eventually([&] {
        answer_all();
        return finished() == 3;
    }));
    EXPECT_TRUE(client->would_take(kPartition));
}

TEST_F(PeerClientOnLoopback, FinishesWhatIsUnderWayWithOneThatLeaves) {
    begin();
    become_usable();
    ASSERT_TRUE(pass_on(1));
    ASSERT_TRUE(eventually([&] { return bundles() == 1; }));
    client->use("self", {{"self", "http://127.0.0.1:1"}});
    EXPECT_FALSE(client->would_take(kPartition));
    EXPECT_EQ(client->stats().partitions_decided_here, 2U);
    answer_bundle(0);
    ASSERT_TRUE(eventually([&] { return finished() == 1; }));
    EXPECT_THAT(outcomes, Each(Outcome::answered));
    ASSERT_TRUE(eventually([&] { return peer.server().connections() == 0; })) << "and no connection stays";
}

TEST_F(PeerClientOnLoopback, EndsWithItsServerWhateverIsUnderWay) {
    begin();
    become_usable();
    ASSERT_TRUE(pass_on(1));
    ASSERT_TRUE(eventually([&] { return bundles() == 1; }));
    own->stop(100);
    EXPECT_EQ(finished(), 1U);
    EXPECT_THAT(outcomes, Each(Outcome::lost));
    EXPECT_FALSE(pass_on(2));
    introduce();
    EXPECT_FALSE(client->would_take(kPartition));
}

}  // namespace
}  // namespace annals::server
