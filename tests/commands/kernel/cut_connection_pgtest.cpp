#include "tests/support/cutting_proxy.hpp"
#include "tests/support/pg_bus.hpp"

namespace annals {
namespace {

using namespace test;
using Cut = CuttingProxy::Cut;

/// The connection to PostgreSQL breaks at every moment of an append.
class CutConnection : public PgBuses {
protected:
    const TenantId realm{ids.next()};
    const Uuid stream = ids.next();
    CuttingProxy proxy{database.owner_dsn()};
    std::unique_ptr<CommandBus> bus = make_bus(proxy.by_way(database.engine_dsn()));

    void SetUp() override { ASSERT_TRUE(submit(*bus, command(appends(), realm, stream)).get()); }

    /// A plain command, one with a counter and an atomic group, all of them while the cut happens.
    void expect_the_truth(std::uint64_t round) {
        const auto before = events_of(stream);
        const CommandRequest repeated = repeatable(scripted(appends(2), realm, stream), 1'000 + round);
        auto single = submit(*bus, repeated);
        auto group =
            submit_group(*bus, {command(appends(), realm, stream), command(appends(3), realm, stream)}, true);
        auto refused = submit(*bus, command(rejects(), realm, stream));
        const auto answer = single.get();
        ASSERT_TRUE(answer) << answer.error().detail;
        EXPECT_EQ((Codes{"accepted", "accepted"}), codes_of(group.get()));
        EXPECT_EQ("REFUSED", code_of(refused.get()));
        EXPECT_EQ(before + 6, events_of(stream));
        const auto again = submit(*bus, repeated).get();
        ASSERT_TRUE(again);
        EXPECT_EQ(answer->body, again->body);
    }
};

TEST_F(CutConnection, BeforePostgresqlSeesTheAppendItIsDoneAgain) {
    proxy.arm(Cut::before_append);
    expect_the_truth(1);
    EXPECT_EQ(1U, proxy.cuts());
    EXPECT_EQ(1U, bus->stats().in_doubt);
    expect_sound_log();
}

TEST_F(CutConnection, BeforeTheFirstByteOfTheAnswerItIsLookedUp) {
    for (std::uint64_t round = 0; round < 5; ++round) {
        proxy.arm(Cut::after_append);
        expect_the_truth(round);
        EXPECT_EQ(round + 1, proxy.cuts());
    }
    expect_sound_log();
}

TEST_F(CutConnection, AfterEveryByteOfTheAnswerItIsLookedUp) {
    std::size_t bytes = 0;
    for (;; bytes += 3) {
        proxy.arm(Cut::in_answer, bytes);
        expect_the_truth(bytes);
        if (proxy.cuts() == bytes / 3) break;  // the answer is not longer
    }
    EXPECT_GT(bytes, 30U);
    EXPECT_EQ(bus->stats().in_doubt, proxy.cuts());
    expect_sound_log();
}

TEST_F(CutConnection, AfterEveryByteOfTheAnswerItIsLookedUpWhileAnotherProcessAppends) {
    const auto other = std::make_unique<CommandBus>(options(database.engine_dsn()));
    std::size_t bytes = 0;
    for (std::uint64_t round = 0;; ++round, bytes += 5) {
        // Overtaken once, the bus holds the heads in a transaction of its own, which ends with the append.
        ASSERT_TRUE(submit(*other, command(appends(), realm, ids.next())).get());
        ASSERT_TRUE(submit(*bus, command(appends(), realm, ids.next())).get());
        proxy.arm(Cut::in_answer, bytes);
        expect_the_truth(10'000 + round);
        if (proxy.cuts() == round) break;  // the answer is not longer
    }
    EXPECT_GT(bytes, 60U);
    EXPECT_GT(bus->stats().heads_moved, 0U);
    EXPECT_EQ(bus->stats().in_doubt, proxy.cuts());
    expect_sound_log();
}

TEST_F(CutConnection, AnAppendThatArrivesAfterItWasDecidedAgainChangesNothing) {
    proxy.arm(Cut::late_append);
    expect_the_truth(1);
    EXPECT_EQ(1U, proxy.cuts());
    const std::string heads = database.value("select sum(head) from log.partition");
    proxy.release_late();
    EXPECT_EQ(heads, database.value("select sum(head) from log.partition"));
    EXPECT_TRUE(submit(*bus, command(appends(), realm, stream)).get());
    expect_sound_log();
}

TEST_F(CutConnection, AnAppendThatMayStillArriveIsNotCalledRejected) {
    int decided = 0;
    const Script only_once = [&](CommandScope& scope) -> Handled {
        return ++decided == 1 ? appends()(scope) : rejects("EXPIRED")(scope);
    };
    const CommandRequest request = repeatable(scripted(only_once, realm, stream), 70);
    proxy.arm(Cut::late_append);
    EXPECT_EQ("UNAVAILABLE", code_of(submit(*bus, request).get()));
    proxy.release_late();
    const auto answer = submit(*bus, request).get();
    ASSERT_TRUE(answer) << answer.error().code << ": " << answer.error().detail;
    EXPECT_TRUE(answer->repeated);
    EXPECT_EQ(2U, events_of(stream));
    expect_sound_log();
}

}  // namespace
}  // namespace annals
