#include "infra/runtime/shutdown.hpp"

#include <csignal>
#include <gtest/gtest.h>
#include <thread>
#include <unistd.h>

namespace annals::runtime {
namespace {

using std::chrono::milliseconds;

class ShutdownSignalsTest : public testing::TestWithParam<int> {};

TEST_P(ShutdownSignalsTest, HandsTheFirstSignalToWhoWaits) {
    ShutdownSignals signals;
    EXPECT_FALSE(signals.requested());
    EXPECT_EQ(signals.wait_for(milliseconds{0}), std::nullopt);
    kill(getpid(), GetParam());
    EXPECT_EQ(signals.wait(), GetParam());
    EXPECT_TRUE(signals.requested());
    EXPECT_EQ(signals.wait_for(milliseconds{0}), GetParam());
}

INSTANTIATE_TEST_SUITE_P(ShutdownSignals, ShutdownSignalsTest, testing::Values(SIGINT, SIGTERM));

TEST(ShutdownSignals, TakesARequestFromAnyThread) {
    ShutdownSignals signals;
    std::jthread([&] { signals.request(); }).join();
    EXPECT_EQ(signals.wait(), 0);
}

TEST(ShutdownSignals, IgnoresWritesToClosedPipes) {
    const ShutdownSignals signals;
    int channel[2];
    ASSERT_EQ(pipe(channel), 0);
    close(channel[0]);
    EXPECT_EQ(write(channel[1], "x", 1), -1);
    close(channel[1]);
}

void leave_by_second_signal() {
    ShutdownSignals signals;
    kill(getpid(), SIGTERM);
    signals.wait();
    kill(getpid(), SIGINT);
    pause();
}

TEST(ShutdownSignalsDeathTest, LeaveAtOnceOnTheSecondSignal) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    EXPECT_EXIT(leave_by_second_signal(), testing::ExitedWithCode(128 + SIGINT), "SHUTDOWN-77d1");
}

}  // namespace
}  // namespace annals::runtime
