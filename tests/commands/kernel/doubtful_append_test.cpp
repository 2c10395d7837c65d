#include "tests/support/scripted_bus.hpp"

namespace annals {
namespace {

using namespace test;

/// The connection breaks during an append: nobody knows whether it was committed.
class DoubtfulAppend : public ScriptedBus {
protected:
    static AppendOutcome commit_unseen(EventStore& real, const AppendBatch& batch) {
        EXPECT_EQ(AppendOutcome::written, real.append(batch));
        return AppendOutcome::in_doubt;
    }
    static AppendOutcome lose(EventStore&, const AppendBatch&) { return AppendOutcome::in_doubt; }
};

TEST_F(DoubtfulAppend, IsFoundInTheCommandTableWhenItWasCommitted) {
    after_queueing = [&] { hook.once(commit_unseen); };
    const auto results = run_as_one_batch(
        {scripted(appends(), realm, uuid(1)), scripted(rejects(), realm, uuid(2)),
         repeatable(scripted(appends(2), realm, uuid(3)), 70)}
    );
    EXPECT_EQ((Codes{"accepted", "REFUSED", "accepted"}), codes_of(results));
    EXPECT_EQ(4U, dense_events().size());
    const auto again = run(repeatable(scripted(appends(2), realm, uuid(3)), 70));
    EXPECT_EQ(results[2]->body, again->body);
    EXPECT_EQ(1U, bus->stats().in_doubt);
    EXPECT_EQ((std::vector<std::string>{"WRITER-d0b7"}), reports);
}

TEST_F(DoubtfulAppend, IsDecidedAgainWhenItWasNot) {
    hook.once(lose);
    EXPECT_TRUE(run(scripted(appends(2), realm, uuid(1))));
    EXPECT_EQ(2U, events_of(uuid(1)));
}

TEST_F(DoubtfulAppend, IsResolvedForAnAtomicGroup) {
    for (const auto& outcome : {&DoubtfulAppend::commit_unseen, &DoubtfulAppend::lose}) {
        hook.once(outcome);
        const auto results =
            run_group({scripted(appends(), realm, uuid(1)), scripted(appends(2), realm, uuid(1))}, true);
        EXPECT_EQ((Codes{"accepted", "accepted"}), codes_of(results));
    }
    EXPECT_EQ(6U, events_of(uuid(1)));
}

TEST_F(DoubtfulAppend, ThatArrivesLateFindsItsPlaceTaken) {
    AppendBatch on_its_way;
    hook.once([&](EventStore&, const AppendBatch& batch) {
        on_its_way = batch;
        return AppendOutcome::in_doubt;
    });
    ASSERT_TRUE(run(scripted(appends(), realm, uuid(1))));
    EXPECT_EQ(AppendOutcome::head_moved, log.open()->append(on_its_way));
    EXPECT_EQ(1U, events_of(uuid(1)));
}

TEST_F(DoubtfulAppend, IsNotCalledRejectedWhileItMayStillArrive) {
    AppendBatch on_its_way;
    const auto hold = [&](EventStore&, const AppendBatch& batch) {
        on_its_way = batch;
        return AppendOutcome::in_doubt;
    };
    int decided = 0;
    const Script only_once = [&](CommandScope& scope) -> Handled {
        return ++decided == 1 ? appends()(scope) : rejects("EXPIRED")(scope);
    };
    const auto request = [&] { return repeatable(scripted(only_once, realm, uuid(1)), 70); };
    hook.once(hold);
    EXPECT_EQ("UNAVAILABLE", code_of(run(request())));
    EXPECT_EQ(AppendOutcome::written, log.open()->append(on_its_way));
    const auto answer = run(request());
    ASSERT_EQ("accepted", code_of(answer)) << "it arrived after all";
    EXPECT_TRUE(answer->repeated);

    // Once something else moved its head it cannot come any more, and the truth may be told.
    decided = 0;
    hook.once([&](EventStore& real, const AppendBatch& batch) {
        hold(real, batch);
        CommandBus other(options());
        EXPECT_TRUE(submit(other, scripted(appends(), realm, uuid(2))).get());
        return AppendOutcome::in_doubt;
    });
    EXPECT_EQ("EXPIRED", code_of(run(repeatable(scripted(only_once, realm, uuid(1)), 71))));
    EXPECT_EQ(AppendOutcome::head_moved, log.open()->append(on_its_way));
}

/// A process passes a command on, does not hear of it, and decides it itself while the other one has it
/// still.
TEST_F(DoubtfulAppend, OfACommandThatWasPassedOnIsFoundWhenItsSenderWasFaster) {
    CommandBus sender(options());
    for (const std::uint64_t number : {1U, 2U}) {
        const auto made = [&] { return repeatable(scripted(appends(), realm, uuid(number)), 70 + number); };
        ASSERT_TRUE(submit(sender, made()).get());
        // The first time its head tells, the second time only the key of the command.
        if (number == 2) ASSERT_TRUE(run(scripted(appends(), realm, uuid(50))));
        CommandRequest late = made();
        late.target = uuid(number + 10);  // a new stream's id is made anew for each try
        late.repeatable = false;
        late.passed_on = true;
        const CommandResult answer = run(late);
        ASSERT_EQ("accepted", code_of(answer));
        EXPECT_TRUE(answer->repeated);
        EXPECT_EQ(uuid(number), answer->id);
        EXPECT_EQ(0U, events_of(uuid(number + 10)));
    }
}

TEST_F(DoubtfulAppend, IsNeverCalledRefusedWhenTheLogStaysAway) {
    int appends_seen = 0;
    hook.set([&](EventStore& real, const AppendBatch& batch) {
        if (++appends_seen == 1) return commit_unseen(real, batch);
        ADD_FAILURE() << "appended twice";
        return AppendOutcome::not_written;
    });
    EXPECT_TRUE(run(scripted(appends(), realm, uuid(1))));
    hook.set([&](EventStore&, const AppendBatch&) { return AppendOutcome::in_doubt; });
    const auto unknown = run(scripted(appends(), realm, uuid(2)));
    ASSERT_EQ("UNAVAILABLE", code_of(unknown)) << "after the last attempt it is still in doubt";
    EXPECT_NE(std::string::npos, unknown.error().detail.find("not known"));
}

TEST_F(DoubtfulAppend, IsNoDoubtWhenTheLogRefused) {
    hook.once([](EventStore&, const AppendBatch&) { return AppendOutcome::not_written; });
    const auto refused = run(scripted(appends(), realm, uuid(1)));
    ASSERT_EQ("UNAVAILABLE", code_of(refused));
    EXPECT_EQ(std::string::npos, refused.error().detail.find("not known"));
    EXPECT_TRUE(run(scripted(appends(), realm, uuid(1))));
    EXPECT_EQ(1U, events_of(uuid(1)));
}

}  // namespace
}  // namespace annals
