#include "tests/support/scripted_bus.hpp"

namespace annals {
namespace {

using namespace test;

class CommandBusTest : public ScriptedBus {};

TEST_F(CommandBusTest, RefusesWithOverloadedWhatItsQueueCannotHold) {
    auto limited = options();
    limited.limits.queue_max = 3;
    bus = std::make_unique<CommandBus>(limited);
    Gate gate;
    hook.once(gate.hook());
    auto held = submit(*bus, scripted(appends(), realm, uuid(1)));
    gate.wait_until_reached();
    auto single = submit(*bus, scripted(appends(), realm, uuid(2)));
    auto pair =
        submit_group(*bus, {scripted(appends(), realm, uuid(3)), scripted(appends(), realm, uuid(4))}, true);
    EXPECT_EQ(3U, bus->stats().queued);
    const auto refused = run(repeatable(scripted(appends(), realm, uuid(5)), 70));
    EXPECT_EQ("OVERLOADED", code_of(refused));
    gate.open();
    EXPECT_TRUE(held.get());
    EXPECT_TRUE(single.get());
    EXPECT_EQ((Codes{"accepted", "accepted"}), codes_of(pair.get()));
    EXPECT_EQ("accepted", code_of(run(repeatable(scripted(appends(), realm, uuid(5)), 70))))
        << "a refused command id is free again";
    EXPECT_EQ(5U, dense_events().size());
}

TEST_F(CommandBusTest, AnswersInProgressWhileTheSameCommandIdIsDecided) {
    Gate gate;
    hook.once(gate.hook());
    const auto request = [&] { return repeatable(scripted(appends(), realm, uuid(1)), 70); };
    auto first = submit(*bus, request());
    gate.wait_until_reached();
    EXPECT_EQ("IN_PROGRESS", code_of(run(request())));
    EXPECT_EQ("IN_PROGRESS", code_of(run(repeatable(scripted(appends(), realm, uuid(2)), 70, 2))));
    auto elsewhere = submit(*bus, repeatable(scripted(appends(), TenantId{uuid(12)}, uuid(3)), 70));
    gate.open();
    EXPECT_EQ("accepted", code_of(elsewhere.get())) << "ids are the realm's own";
    ASSERT_TRUE(first.get());
    EXPECT_TRUE(run(request())->repeated);
    EXPECT_EQ(1U, events_of(uuid(1)));
}

TEST_F(CommandBusTest, AnswersARepeatWithTheSameBytesAlsoFromAnotherBus) {
    const auto request = [&](std::uint8_t body = 1) {
        return repeatable(scripted(appends(2), realm, uuid(1)), 70, body);
    };
    const auto first = run(request());
    ASSERT_TRUE(first);
    EXPECT_FALSE(first->repeated);
    EXPECT_EQ(
        R"({"id":")" + uuid(1).to_string() + R"(","version":2,"position":")" + first->position.to_string() +
            "\"}",
        first->body
    );
    ASSERT_TRUE(run(scripted(appends(3), realm, uuid(1))));
    bus = make_bus();
    const auto again = run(request());
    ASSERT_TRUE(again);
    EXPECT_TRUE(again->repeated);
    EXPECT_EQ(first->body, again->body);
    EXPECT_EQ(first->position, again->position);
    EXPECT_EQ(2U, again->version);
    EXPECT_EQ("IDEMPOTENCY_MISMATCH", code_of(run(request(2))));
    EXPECT_EQ(5U, events_of(uuid(1)));
}

TEST_F(CommandBusTest, RemembersARepeatableCommandThatChangedNothing) {
    const auto nothing = [](CommandScope&) -> Handled { return {}; };
    ASSERT_TRUE(run(scripted(appends(), realm, uuid(1))));
    const auto first = run(repeatable(scripted(nothing, realm, uuid(1)), 70));
    ASSERT_TRUE(first);
    EXPECT_EQ(1U, first->version);
    ASSERT_TRUE(run(scripted(appends(), realm, uuid(1))));
    EXPECT_EQ(first->body, run(repeatable(scripted(nothing, realm, uuid(1)), 70))->body);
    EXPECT_EQ("IDEMPOTENCY_MISMATCH", code_of(run(repeatable(scripted(appends(), realm, uuid(1)), 70, 2))));
}

TEST_F(CommandBusTest, DoesNotRememberARejection) {
    EXPECT_EQ("REFUSED", code_of(run(repeatable(scripted(rejects(), realm, uuid(1)), 70))));
    EXPECT_EQ("accepted", code_of(run(repeatable(scripted(appends(), realm, uuid(1)), 70))));
}

TEST_F(CommandBusTest, CommitsAnAtomicGroupAsAWholeOrLeavesNoTraceOfIt) {
    const CounterKey counter{realm, "n"};
    const ReservationKey key{realm, "scope", "key"};
    const auto spoils = [&](CommandScope& scope) -> Handled {
        scope.set_counter(realm, "n", 5);
        scope.reserve(key, {scope.target(), realm});
        return appends(2)(scope);
    };
    const auto results = run_group(
        {scripted(spoils, realm, uuid(1)), scripted(rejects(), realm, uuid(2)),
         scripted(appends(), realm, uuid(3))},
        true
    );
    EXPECT_EQ((Codes{"ABORTED", "REFUSED", "ABORTED"}), codes_of(results));
    EXPECT_EQ(0U, dense_events().size());
    EXPECT_EQ(0, log.open()->counters(std::vector{counter}).front());
    EXPECT_EQ(std::nullopt, log.reservation(key));

    const auto accepted =
        run_group({scripted(spoils, realm, uuid(1)), scripted(appends(), realm, uuid(1))}, true);
    EXPECT_EQ((Codes{"accepted", "accepted"}), codes_of(accepted));
    EXPECT_EQ(2U, accepted[0]->version);
    EXPECT_EQ(3U, accepted[1]->version) << "a group's commands see each other";
    EXPECT_EQ(2U, accepted[0]->position.number);
    EXPECT_EQ(3U, accepted[1]->position.number);
    EXPECT_EQ(5, log.open()->counters(std::vector{counter}).front());
    EXPECT_TRUE(log.reservation(key));
}

TEST_F(CommandBusTest, RunsAGroupThatIsNotAtomicInOrderAndEachForItself) {
    std::vector<CommandRequest> requests;
    for (StreamVersion version = 0; version < 40; ++version) {
        requests.push_back(scripted(version % 5 == 4 ? rejects() : appends(), realm, uuid(1)));
        requests.back().expected_version = version - version / 5;
    }
    const auto results = run_group(std::move(requests), false);
    for (std::size_t i = 0; i < results.size(); ++i) {
        EXPECT_EQ(i % 5 == 4 ? "REFUSED" : "accepted", code_of(results[i])) << i;
    }
    EXPECT_EQ(32U, events_of(uuid(1)));
    EXPECT_TRUE(run_group({}, false).empty());
    EXPECT_TRUE(run_group({}, true).empty());
}

TEST_F(CommandBusTest, RepeatsAnAtomicGroupFromTheLog) {
    const auto group = [&](Script second) {
        return std::vector{
            repeatable(scripted(appends(), realm, uuid(1)), 70),
            repeatable(scripted(std::move(second), realm, uuid(1)), 71)
        };
    };
    EXPECT_EQ((Codes{"ABORTED", "REFUSED"}), codes_of(run_group(group(rejects()), true)));
    const auto first = run_group(group(appends()), true);
    const auto again = run_group(group(appends()), true);
    ASSERT_EQ((Codes{"accepted", "accepted"}), codes_of(again));
    for (std::size_t i = 0; i < 2; ++i) EXPECT_EQ(first[i]->body, again[i]->body);
    EXPECT_EQ(2U, events_of(uuid(1)));
    auto twice = group(appends());
    twice[1].command_id = twice[0].command_id;
    EXPECT_EQ((Codes{"IN_PROGRESS", "IN_PROGRESS"}), codes_of(run_group(twice, true)));
    EXPECT_EQ((Codes{"accepted", "accepted"}), codes_of(run_group(group(appends()), true)));
}

TEST_F(CommandBusTest, ComparesTheExpectedVersion) {
    auto request = [&](StreamVersion expected) {
        auto made = scripted(appends(2), realm, uuid(1));
        made.expected_version = expected;
        return made;
    };
    EXPECT_EQ("accepted", code_of(run(request(0))));
    const auto stale = run(request(1));
    ASSERT_EQ("VERSION_CONFLICT", code_of(stale));
    EXPECT_EQ(2U, stale.error().current_version);
    EXPECT_EQ("VERSION_CONFLICT", code_of(run(request(3))));
    EXPECT_EQ("accepted", code_of(run(request(2))));
}

TEST_F(CommandBusTest, FinishesWhatIsQueuedAndRefusesWhatComesAfterTheStop) {
    Gate gate;
    hook.once(gate.hook());
    std::vector<std::future<CommandResult>> answers;
    answers.push_back(submit(*bus, scripted(appends(), realm, uuid(1))));
    gate.wait_until_reached();
    for (int i = 0; i < 5; ++i) answers.push_back(submit(*bus, scripted(appends(), realm, uuid(1))));
    gate.open();
    bus->stop();
    for (auto& answer : answers) EXPECT_TRUE(answer.get());
    EXPECT_EQ("UNAVAILABLE", code_of(run(scripted(appends(), realm, uuid(1)))));
    EXPECT_EQ(6U, events_of(uuid(1)));
}

TEST_F(CommandBusTest, CountsWhatItDid) {
    ASSERT_TRUE(run(repeatable(scripted(appends(3), realm, uuid(1)), 70)));
    ASSERT_TRUE(run(repeatable(scripted(appends(3), realm, uuid(1)), 70)));
    EXPECT_FALSE(run(scripted(rejects(), realm, uuid(1))));
    bus->stop();
    const CommandStats stats = bus->stats();
    EXPECT_EQ(1U, stats.accepted);
    EXPECT_EQ(1U, stats.repeated);
    EXPECT_EQ(1U, stats.rejected);
    EXPECT_EQ(3U, stats.events);
    EXPECT_EQ(0U, stats.queued);
}

}  // namespace
}  // namespace annals
