#include "infra/projector/set_aside.hpp"

#include <gtest/gtest.h>

namespace annals::projector {
namespace {

using namespace std::chrono_literals;

TEST(SetAside, TellsTheFirstFailureAloneAndWaitsLongerEachTime) {
    SetAside aside;
    SetAside::Time now{};
    EXPECT_FALSE(aside.contains(3));
    EXPECT_FALSE(aside.waits(3, now));
    EXPECT_TRUE(aside.put(3, "a hole", now));
    for (auto pause = SetAside::kAsideMin; pause < SetAside::kAsideMax; pause *= 2) {
        EXPECT_TRUE(aside.waits(3, now + pause - 1ms));
        now += pause;
        EXPECT_FALSE(aside.waits(3, now));
        EXPECT_FALSE(aside.put(3, "a hole still", now));
    }
    EXPECT_TRUE(aside.waits(3, now + SetAside::kAsideMax - 1ms));
    EXPECT_FALSE(aside.waits(3, now + SetAside::kAsideMax));
    EXPECT_FALSE(aside.waits(4, now)) << "another partition";
    EXPECT_EQ(aside.reasons(), (std::map<std::uint16_t, std::string>{{3, "a hole still"}}));
}

TEST(SetAside, BeginsAnewWithAPartitionThatWentOnOrWasGivenAway) {
    SetAside aside;
    const SetAside::Time now{};
    EXPECT_FALSE(aside.restore(3));
    aside.put(3, "a hole", now);
    aside.put(3, "a hole", now);
    EXPECT_TRUE(aside.restore(3));
    EXPECT_TRUE(aside.put(3, "a hole", now));
    EXPECT_FALSE(aside.waits(3, now + SetAside::kAsideMin));
    aside.put(5, "another", now);
    aside.keep_only({5, 6});
    EXPECT_FALSE(aside.contains(3));
    EXPECT_TRUE(aside.contains(5));
}

}  // namespace
}  // namespace annals::projector
