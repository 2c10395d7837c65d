#include "projections/kernel/visibility.hpp"

#include <atomic>
#include <gtest/gtest.h>
#include <optional>
#include <string>
#include <thread>

namespace annals {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

Visibility::Deadline in(milliseconds time) {
    return steady_clock::now() + time;
}
constexpr milliseconds kLong{30'000};

TEST(Visibility, KnowsAtOnceWhatIsApplied) {
    Visibility visibility(1, 2);
    visibility.applied({1, 1, 5});
    EXPECT_EQ(visibility.wait_until({1, 1, 5}, in(kLong)), Visible::yes);
    EXPECT_TRUE(visibility.is_visible({1, 1, 4}));
    EXPECT_FALSE(visibility.is_visible({1, 1, 6}));
    EXPECT_FALSE(visibility.is_visible({1, 0, 1}));
    EXPECT_EQ(visibility.applied_in(1), 5U);
}

TEST(Visibility, NeverShowsAnotherEpochOrPartition) {
    Visibility visibility(2, 2);
    EXPECT_EQ(visibility.wait_until({1, 0, 1}, in(kLong)), Visible::never);
    EXPECT_EQ(visibility.wait_until({3, 0, 1}, in(kLong)), Visible::never);
    EXPECT_EQ(visibility.wait_until({2, 7, 1}, in(kLong)), Visible::never);
}

TEST(Visibility, TellsWhatARestoreKeptFromWhatItLost) {
    Visibility visibility(4, 2);
    visibility.applied({4, 0, 20});
    // Restored to 10, which went on to 15; raised again there, and once more for a second loss down to 12.
    visibility.raised(0, 2, 10);
    visibility.raised(0, 3, 15);
    visibility.raised(0, 4, 12);
    EXPECT_TRUE(visibility.is_visible({1, 0, 10}));
    EXPECT_TRUE(visibility.is_superseded({1, 0, 11}));
    EXPECT_FALSE(visibility.is_visible({1, 0, 11}));
    EXPECT_FALSE(visibility.is_superseded({2, 0, 12}));
    EXPECT_TRUE(visibility.is_superseded({2, 0, 13})) << "kept by epoch 3, lost by epoch 4";
    EXPECT_FALSE(visibility.is_superseded({4, 0, 21})) << "only not there yet";
    EXPECT_FALSE(visibility.is_superseded({1, 1, 11})) << "nothing is known of the other partition";
    visibility.raised(1, 2, 5);
    EXPECT_EQ(visibility.wait_until({1, 1, 6}, in(kLong)), Visible::never);
    std::optional<Visible> told;
    visibility.when_visible({1, 1, 5}, in(kLong), [&](Visible answer) { told = answer; });
    EXPECT_FALSE(told) << "true, and not applied yet";
    visibility.applied({4, 1, 5});
    EXPECT_EQ(told, Visible::yes);
}

TEST(Visibility, WakesAWaiterWhenThePositionIsReached) {
    Visibility visibility(1, 1);
    std::thread projector([&] {
        for (std::uint64_t number = 1; number <= 3; ++number) visibility.applied({1, 0, number});
    });
    EXPECT_EQ(visibility.wait_until({1, 0, 3}, in(kLong)), Visible::yes);
    projector.join();
}

TEST(Visibility, EndsAWaitAtItsDeadline) {
    Visibility visibility(1, 1);
    const auto deadline = in(milliseconds(20));
    EXPECT_EQ(visibility.wait_until({1, 0, 1}, deadline), Visible::timed_out);
    EXPECT_GE(steady_clock::now(), deadline);
}

TEST(Visibility, CallsBackOnlyThoseWhosePositionIsReached) {
    Visibility visibility(1, 2);
    std::vector<std::string> told;
    const auto tell = [&](std::string name) {
        return [&told, name](Visible answer) {
            told.push_back(name + (answer == Visible::yes ? " yes" : " no"));
        };
    };
    visibility.when_visible({1, 0, 2}, in(kLong), tell("two"));
    visibility.when_visible({1, 0, 3}, in(kLong), tell("three"));
    visibility.when_visible({1, 1, 1}, in(kLong), tell("other"));
    visibility.applied({1, 0, 2});
    EXPECT_EQ(told, std::vector<std::string>{"two yes"});
    visibility.applied({1, 0, 1});
    visibility.applied({1, 0, 9});
    EXPECT_EQ(told, (std::vector<std::string>{"two yes", "three yes"}));
    visibility.close();
    EXPECT_EQ(told.back(), "other no");
    EXPECT_EQ(visibility.wait_until({1, 1, 1}, in(kLong)), Visible::closed);
}

TEST(Visibility, TellsWaitersOfAnOldEpochThatItIsGone) {
    Visibility visibility(1, 1);
    Visible answer = Visible::yes;
    visibility.when_visible({1, 0, 10}, in(kLong), [&](Visible given) { answer = given; });
    visibility.applied({2, 0, 1});
    EXPECT_EQ(answer, Visible::never);
    EXPECT_TRUE(visibility.is_visible({2, 0, 1}));
}

TEST(Visibility, TakesWhatAnOlderEpochAppliedUpToWhereTheNextBegan) {
    Visibility visibility(1, 1);
    visibility.raised(0, 2, 10);
    visibility.applied({2, 0, 5});
    visibility.applied({1, 0, 11});
    EXPECT_EQ(visibility.applied_in(0), 5U);
    visibility.applied({1, 0, 10});
    EXPECT_EQ(visibility.applied_in(0), 10U);
    EXPECT_TRUE(visibility.is_visible({1, 0, 10}));
}

TEST(Visibility, AnswersManyThreadsOfWaiters) {
    Visibility visibility(1, 1);
    std::vector<std::thread> waiters;
    std::atomic<int> seen{0};
    for (std::uint64_t number = 1; number <= 64; ++number) {
        waiters.emplace_back([&, number] {
            if (visibility.wait_until({1, 0, number}, in(kLong)) == Visible::yes) ++seen;
        });
    }
    for (std::uint64_t number = 1; number <= 64; ++number) visibility.applied({1, 0, number});
    for (std::thread& waiter : waiters) waiter.join();
    EXPECT_EQ(seen, 64);
}

}  // namespace
}  // namespace annals
