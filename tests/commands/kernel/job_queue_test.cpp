#include "commands/kernel/job_queue.hpp"

#include "tests/commands/kernel/queued_jobs.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/seed.hpp"

#include <future>
#include <map>

namespace annals {
namespace {

using namespace test;
using std::chrono::milliseconds;
using Verdict = JobQueue::Verdict;

TEST_F(JobQueueTest, GivesOneRealmTheWholeBatchWhileItIsAlone) {
    push_all(1, 20);
    EXPECT_EQ(16U, queue.take().size());
    EXPECT_EQ(4U, queue.size());
    EXPECT_EQ(4U, queue.take().size());
    EXPECT_EQ(0U, queue.size());
}

TEST_F(JobQueueTest, AddsToABatchWhatCameMeanwhileOfTheRealmsThatAreWanted) {
    push_all(1, 3);
    push_all(2, 1);
    std::deque<CommandJob> batch = queue.take();
    ASSERT_EQ(4U, batch.size());
    push_all(1, 5);
    push_all(3, 2);
    push_all(2, 2);
    queue.take_more(batch, [](TenantId of) { return of != realm(3); });
    EXPECT_EQ((std::map<TenantId, std::size_t>{{realm(1), 4}, {realm(2), 3}}), shares(batch))
        << "a realm's share is that of the whole batch";
    EXPECT_EQ(uuid(4), batch[4].requests.front().correlation) << "in their order";
    EXPECT_EQ((std::map<TenantId, std::size_t>{{realm(1), 4}, {realm(3), 2}}), shares(queue.take()));
    EXPECT_EQ(0U, queue.size());
    queue.take_more(batch, [](TenantId) { return true; });
    EXPECT_EQ(7U, batch.size()) << "does not wait";
}

TEST_F(JobQueueTest, AddsWhatCameMeanwhileUpToAWholeBatchForARealmThatIsAlone) {
    push_all(1, 5);
    std::deque<CommandJob> batch = queue.take();
    push_all(1, 30);
    queue.take_more(batch, [](TenantId) { return true; });
    EXPECT_EQ(limits.batch_commands_max, batch.size());
}

/// One realm has much waiting, another was served once: the next batch of the first comes after a rest.
class RestingQueueTest : public JobQueueTest {
protected:
    RestingQueueTest() {
        push_much();
        EXPECT_EQ(Verdict::taken, strict.push(one = job(2)));
        (void)strict.take();
    }
    void push_much(std::size_t commands = 30) {
        for (std::size_t i = 0; i < commands; ++i) {
            CommandJob next = job(1);
            next.bulk = true;
            EXPECT_EQ(Verdict::taken, strict.push(next));
        }
    }
    /// The time that the last batch takes its writer, and that the rest after it lasts.
    static void work(milliseconds time) {
        const auto until = JobQueue::Clock::now() + time;
        while (JobQueue::Clock::now() < until) {
        }
    }
    /// Nobody may wait at all, but for a rest.
    CommandLimits no_wait = [this] {
        CommandLimits changed = limits;
        changed.queue_wait_ms_max = 0;
        changed.queue_free = 40;
        changed.batch_heavy_share = 2;
        return changed;
    }();
    JobQueue strict{no_wait};
    CommandJob one;
};

TEST_F(RestingQueueTest, ARealmThatAloneHasMuchWaitingIsServedHalfOfTheTime) {
    work(milliseconds(10));
    const auto ended = JobQueue::Clock::now();
    EXPECT_EQ((std::map<TenantId, std::size_t>{{realm(1), 2}}), shares(strict.take()));
    EXPECT_GE(JobQueue::Clock::now() - ended, milliseconds(10));
}

TEST_F(JobQueueTest, TwoRealmsThatBothHaveMuchWaitingKeepTheirWholeTurns) {
    limits.batch_heavy_share = 2;
    JobQueue both{limits};
    for (std::uint64_t i = 0; i < 20; ++i) {
        CommandJob next = job(1 + i % 2);
        next.bulk = true;
        ASSERT_EQ(Verdict::taken, both.push(next));
    }
    EXPECT_EQ((std::map<TenantId, std::size_t>{{realm(1), 4}, {realm(2), 4}}), shares(both.take()));
    EXPECT_EQ((std::map<TenantId, std::size_t>{{realm(1), 4}, {realm(2), 4}}), shares(both.take()));
}

TEST_F(RestingQueueTest, AnotherRealmEndsTheRestAndIsNotRefused) {
    push_much();
    EXPECT_EQ(Verdict::slow, strict.would_take(realm(3))) << "while the writer works";
    // The rest is short, so it may be over before this thread looks; then it is tried again.
    for (bool seen = false; !seen; push_much(limits.batch_realm_share)) {
        work(milliseconds(20));
        auto next = std::async(std::launch::async, [this] { return strict.take(); });
        while (!seen && next.wait_for(milliseconds(0)) != std::future_status::ready)
            seen = strict.would_take(realm(2)) == Verdict::taken;
        seen = seen && strict.push(one = job(2)) == Verdict::taken;
        seen = shares(next.get()).contains(realm(2)) && seen;
    }
}

TEST_F(JobQueueTest, ServesRealmsByTurnsHoweverMuchOneOfThemSends) {
    push_all(1, 60);
    push_all(2, 1);
    push_all(3, 6);
    const auto first = shares(queue.take());
    EXPECT_EQ((std::map<TenantId, std::size_t>{{realm(1), 4}, {realm(2), 1}, {realm(3), 4}}), first);
    EXPECT_EQ((std::map<TenantId, std::size_t>{{realm(1), 4}, {realm(3), 2}}), shares(queue.take()));
    EXPECT_EQ((std::map<TenantId, std::size_t>{{realm(1), 4}}), shares(queue.take()))
        << "the others may be back any moment";
}

TEST_F(JobQueueTest, LetsNoRealmOvertakeAnotherWhenTheBatchIsFull) {
    for (std::uint64_t realm = 1; realm <= 10; ++realm) push_all(realm, 8);
    std::map<TenantId, std::size_t> served;
    for (int batch = 0; batch < 5; ++batch) {
        const auto taken = shares(queue.take());
        EXPECT_EQ(4U, taken.size());
        for (const auto& [realm, commands] : taken) served[realm] += commands;
    }
    ASSERT_EQ(10U, served.size());
    for (const auto& [realm, commands] : served) EXPECT_EQ(8U, commands) << realm.to_string();
}

TEST_F(JobQueueTest, TakesAGroupAsAWhole) {
    push_all(2, 1);
    ASSERT_EQ(Verdict::taken, push(job(1, 3)));
    ASSERT_EQ(Verdict::taken, push(job(1, 3)));
    ASSERT_EQ(Verdict::taken, push(job(1, 50)));
    EXPECT_EQ((std::map<TenantId, std::size_t>{{realm(1), 3}, {realm(2), 1}}), shares(queue.take()));
    EXPECT_EQ((std::map<TenantId, std::size_t>{{realm(1), 3}}), shares(queue.take()));
    const auto large = queue.take();
    ASSERT_EQ(1U, large.size());
    EXPECT_EQ(50U, large.front().requests.size());
}

TEST_F(JobQueueTest, RefusesByItsBoundsAndLeavesTheJobUntouched) {
    push_all(1, 100);
    CommandJob refused = job(1);
    EXPECT_EQ(Verdict::realm_full, queue.push(refused));
    EXPECT_EQ(1U, refused.requests.size());
    EXPECT_EQ(Verdict::taken, push(job(2))) << "another realm has room";
    for (std::uint64_t realm = 3; queue.size() < limits.queue_max; ++realm)
        push_all(realm, std::min<std::size_t>(90, limits.queue_max - queue.size()));
    EXPECT_EQ(Verdict::full, push(job(500)));
    queue.stop();
    EXPECT_EQ(Verdict::stopping, push(job(2)));
}

TEST_F(JobQueueTest, RefusesARealmWhoseOwnLineIsSlowAndNobodyElse) {
    for (int i = 0; i < 4; ++i) EXPECT_EQ(Verdict::taken, push(job(1, 1, milliseconds(2000)))) << i;
    EXPECT_EQ(Verdict::realm_slow, push(job(1)));
    CommandJob of_a_batch = job(1);
    of_a_batch.bulk = true;
    EXPECT_EQ(Verdict::taken, queue.push(of_a_batch)) << "its sender waits for all of it";
    for (int i = 0; i < 4; ++i) EXPECT_EQ(Verdict::taken, push(job(2))) << i;
    EXPECT_EQ(8U, queue.take().size()) << "a share of each";
    EXPECT_EQ(Verdict::taken, push(job(1)));
}

TEST_F(JobQueueTest, KeepsItselfShortWhileRealmsGoOnBeingSlowAndDividesItsRoom) {
    limits.queue_overloaded = 9;
    limits.overloaded_ms = 2'000;
    JobQueue overloaded(limits);
    const auto push_one = [&](std::uint64_t of, milliseconds waited = {}) {
        CommandJob next = job(of, 1, waited);
        return overloaded.push(next);
    };
    const auto push_nine_and_one = [&] {
        while (overloaded.size() > 0) overloaded.take();
        for (int i = 0; i < 9; ++i) (void)push_one(1);
        return push_one(1);
    };
    for (int i = 0; i < 4; ++i) ASSERT_EQ(Verdict::taken, push_one(1, milliseconds(2000))) << i;
    ASSERT_EQ(Verdict::realm_slow, push_one(1));
    (void)overloaded.take();
    ASSERT_EQ(Verdict::taken, push_nine_and_one()) << "a burst makes no overload";
    while (overloaded.size() > 0) (void)overloaded.take();
    for (int i = 0; i < 4; ++i) ASSERT_EQ(Verdict::taken, push_one(1, milliseconds(2000))) << i;
    ASSERT_FALSE(overloaded.stops_within(milliseconds(100)));
    ASSERT_EQ(Verdict::realm_slow, push_one(1));
    (void)overloaded.take();
    ASSERT_EQ(0U, overloaded.size());
    for (int i = 0; i < 9; ++i) EXPECT_EQ(Verdict::taken, push_one(1)) << i;
    EXPECT_EQ(Verdict::realm_slow, push_one(1)) << "although it has waited for no time";
    for (int i = 0; i < 4; ++i) EXPECT_EQ(Verdict::taken, push_one(2)) << i;
    EXPECT_EQ(Verdict::realm_slow, push_one(2)) << "it has its half of the room";
    for (int i = 0; i < 3; ++i) EXPECT_EQ(Verdict::taken, push_one(3)) << i;
    EXPECT_EQ(Verdict::realm_slow, push_one(3)) << "it has its third of the room";
    CommandJob of_a_batch = job(1);
    of_a_batch.bulk = true;
    EXPECT_EQ(Verdict::taken, overloaded.push(of_a_batch)) << "its sender waits for all of it";
    // Were the short queue's own refusals to prolong it, a load that the whole queue holds would keep it.
    EXPECT_TRUE(eventually([&] { return push_nine_and_one() == Verdict::taken; }));
    while (overloaded.size() > 0) overloaded.take();
    for (int i = 0; i < 4; ++i) ASSERT_EQ(Verdict::taken, push_one(1, milliseconds(2000))) << i;
    ASSERT_EQ(Verdict::realm_slow, push_one(1));
    EXPECT_EQ(Verdict::realm_slow, push_nine_and_one()) << "one refusal says that the overload was not over";
}

TEST_F(JobQueueTest, SaysBeforehandWhatItWouldAnswerAndTakesNothingForIt) {
    EXPECT_EQ(Verdict::taken, queue.would_take(realm(1)));
    EXPECT_EQ(0U, queue.size());
    for (int i = 0; i < 4; ++i) ASSERT_EQ(Verdict::taken, push(job(1, 1, milliseconds(2000)))) << i;
    EXPECT_EQ(Verdict::realm_slow, queue.would_take(realm(1)));
    EXPECT_EQ(Verdict::taken, queue.would_take(realm(2))) << "only the one who sends too much is refused";
    queue.stop();
    EXPECT_EQ(Verdict::stopping, queue.would_take(realm(2)));
}

TEST_F(JobQueueTest, RefusesWhatWouldWaitTooLongGoingByTheLastBatches) {
    limits.queue_wait_ms_max = 20;
    JobQueue timed(limits);
    const auto push_one = [&](std::uint64_t of) {
        CommandJob next = job(of);
        return timed.push(next);
    };
    // A batch that takes a while, and the next one: then it is known what a batch takes.
    ASSERT_EQ(Verdict::taken, push_one(1));
    ASSERT_EQ(1U, timed.take().size());
    const auto began = JobQueue::Clock::now();
    ASSERT_FALSE(timed.stops_within(milliseconds(100)));
    ASSERT_GE(JobQueue::Clock::now() - began, milliseconds(100));
    ASSERT_EQ(Verdict::taken, push_one(1));
    ASSERT_EQ(1U, timed.take().size());
    for (std::size_t i = 0; i < limits.queue_realm_free; ++i) EXPECT_EQ(Verdict::taken, push_one(1)) << i;
    EXPECT_EQ(Verdict::realm_slow, push_one(1)) << "nothing has waited yet, but it would";
    EXPECT_EQ(Verdict::taken, push_one(2)) << "one turn is all that another realm waits for";
}

TEST_F(JobQueueTest, RefusesNewRealmsWhileATurnOfAllTakesTooLong) {
    limits.queue_wait_ms_max = 0;
    JobQueue hurried(limits);
    for (std::uint64_t realm = 1; realm <= limits.queue_free; ++realm) {
        CommandJob next = job(realm);
        ASSERT_EQ(Verdict::taken, hurried.push(next));
    }
    Verdict verdict = Verdict::taken;
    const auto refuses = [&](std::uint64_t realm) {
        CommandJob next = job(realm);
        verdict = hurried.push(next);
        return verdict != Verdict::taken;
    };
    std::uint64_t realm = 100;
    while (!refuses(realm)) ++realm;
    EXPECT_EQ(Verdict::slow, verdict);
    while (hurried.size() > 0) hurried.take();
    EXPECT_FALSE(refuses(realm)) << "an empty queue takes anybody";
}

TEST_F(JobQueueTest, PutsBackInFrontAndInOrder) {
    push_all(1, 3);
    push_all(2, 3);
    auto taken = queue.take();
    ASSERT_EQ(6U, taken.size());
    push_all(1, 1);
    push_all(2, 1);
    queue.put_back(taken);
    EXPECT_EQ(8U, queue.size());
    std::map<TenantId, std::vector<Uuid>> order;
    while (queue.size() > 0) {
        for (const CommandJob& each : queue.take())
            order[each.requests.front().realm].push_back(*each.requests.front().correlation);
    }
    const std::vector<Uuid> in_order{uuid(1), uuid(2), uuid(3), uuid(4)};
    EXPECT_EQ(in_order, order[realm(1)]);
    EXPECT_EQ(in_order, order[realm(2)]);
}

TEST_F(JobQueueTest, GivesUpWhatWaitsForAWriterThatHangs) {
    EXPECT_TRUE(queue.take_stalled(milliseconds(-1)).empty()) << "nothing waits";
    push_all(1, 3);
    CommandJob doubtful = job(2);
    doubtful.in_doubt = true;
    ASSERT_EQ(Verdict::taken, queue.push(doubtful));
    EXPECT_TRUE(queue.take_stalled(std::chrono::hours(1)).empty());
    EXPECT_EQ(3U, queue.take_stalled(milliseconds(-1)).size());
    EXPECT_EQ(1U, queue.size());
    EXPECT_TRUE(queue.take().front().in_doubt) << "it may be in the log already";
}

TEST_F(JobQueueTest, KeepsTheOrderOfEachRealmAndLosesNothingInAnyMixture) {
    Seeded random;
    std::map<TenantId, std::uint64_t> last;
    std::size_t in = 0;
    std::size_t out = 0;
    const auto consume = [&] {
        auto taken = queue.take();
        if (random.number(0, 2) == 0) {
            queue.put_back(taken);
            return;
        }
        for (const CommandJob& each : taken) {
            const auto& request = each.requests.front();
            std::uint64_t& before = last[request.realm];
            ASSERT_EQ(uuid(before + 1), *request.correlation);
            ++before;
            ++out;
        }
    };
    for (int step = 0; step < 5000; ++step) {
        const std::uint64_t of = static_cast<std::uint64_t>(random.number(1, 7));
        CommandJob next = job(of);
        next.requests.front().correlation = uuid(pushed[of] + 1);
        if (queue.push(next) == Verdict::taken) {
            ++pushed[of];
            ++in;
        }
        if (random.number(0, 8) == 0) consume();
    }
    while (queue.size() > 0) consume();
    EXPECT_EQ(in, out);
    EXPECT_GT(in, 1000U);
}

}  // namespace
}  // namespace annals
