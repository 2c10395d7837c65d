#include "infra/runtime/worker_pool.hpp"

#include "infra/runtime/log.hpp"

#include <algorithm>
#include <atomic>
#include <future>
#include <gmock/gmock.h>
#include <latch>
#include <memory>
#include <semaphore>
#include <stdexcept>
#include <sys/resource.h>

namespace annals::runtime {
namespace {

using std::chrono::milliseconds;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(WorkerPool, RunsEveryJobItTook) {
    std::atomic<int> ran{0};
    WorkerPool pool("test", 4, 1000);
    for (int i = 0; i < 1000; ++i) ASSERT_TRUE(pool.try_submit([&] { ++ran; }));
    pool.stop();
    EXPECT_EQ(ran, 1000);
}

TEST(WorkerPool, LeavesTheJobWithTheCallerWhenFull) {
    std::binary_semaphore gate{0};
    std::latch busy{1};
    WorkerPool pool("test", 1, 2);
    ASSERT_TRUE(pool.try_submit([&] {
        busy.count_down();
        gate.acquire();
    }));
    busy.wait();
    std::atomic<int> ran{0};
    ASSERT_TRUE(pool.try_submit([&] { ++ran; }));
    ASSERT_TRUE(pool.try_submit([&] { ++ran; }));
    EXPECT_EQ(pool.queued(), 2U);
    WorkerPool::Job refused = [held = std::make_unique<int>(7), &ran]() { ran += *held; };
    EXPECT_FALSE(pool.try_submit(std::move(refused)));
    gate.release();
    pool.stop();
    EXPECT_EQ(ran, 2);
    refused();
    EXPECT_EQ(ran, 9);
}

/// A pool with one thread that is busy until the gate is released.
struct BusyPool {
    explicit BusyPool(WorkerWait wait) : pool("test", 1, 100, wait) {
        EXPECT_TRUE(pool.try_submit([this] {
            busy.count_down();
            gate.acquire();
        }));
        busy.wait();
    }
    std::binary_semaphore gate{0};
    std::latch busy{1};
    WorkerPool pool;
};

TEST(WorkerPool, RefusesWhileTheOldestJobWaitsTooLong) {
    BusyPool busy({.admit_max = milliseconds(-1), .free_jobs = 2});
    std::atomic<int> ran{0};
    ASSERT_TRUE(busy.pool.try_submit([&] { ++ran; }));
    ASSERT_TRUE(busy.pool.try_submit([&] { ++ran; }));
    EXPECT_FALSE(busy.pool.try_submit([&] { ++ran; })) << "two may wait however long";
    EXPECT_EQ(busy.pool.stats().refused, 1U);
    busy.gate.release();
    busy.pool.stop();
    EXPECT_EQ(ran, 2);
}

TEST(WorkerPool, GivesUpJobsThatNoThreadCameToInTime) {
    BusyPool busy({.give_up_after = milliseconds(1)});
    std::atomic<int> ran{0};
    std::latch given_up{2};
    for (int i = 0; i < 2; ++i) {
        ASSERT_TRUE(busy.pool.try_submit([&] { ran += 100; }, [&] { given_up.count_down(); }));
    }
    ASSERT_TRUE(busy.pool.try_submit([&] { ++ran; })) << "one that waits as long as it takes";
    given_up.wait();
    EXPECT_EQ(busy.pool.stats().given_up, 2U);
    EXPECT_EQ(busy.pool.queued(), 1U);
    busy.gate.release();
    busy.pool.stop();
    EXPECT_EQ(ran, 1);
}

TEST(WorkerPool, ABackgroundPoolGivesWayAndLeavesOtherThreadsAsTheyAre) {
    const int own = getpriority(PRIO_PROCESS, 0);
    const auto priority_in = [](WorkerPriority priority) {
        std::promise<int> found;
        WorkerPool pool("nice", 1, 1, {}, priority);
        EXPECT_TRUE(pool.try_submit([&] { found.set_value(getpriority(PRIO_PROCESS, 0)); }));
        return found.get_future().get();
    };
    EXPECT_EQ(std::max(own, 10), priority_in(WorkerPriority::background));
    EXPECT_EQ(own, priority_in(WorkerPriority::normal));
    EXPECT_EQ(own, getpriority(PRIO_PROCESS, 0));
}

TEST(WorkerPool, RefusesJobsOnceItStops) {
    WorkerPool pool("test", 2, 10);
    pool.stop();
    EXPECT_FALSE(pool.try_submit([] {}));
    pool.stop();
}

TEST(WorkerPool, LogsAJobThatThrowsAndGoesOn) {
    const LogCapture capture;
    std::atomic<int> ran{0};
    WorkerPool pool("mailer", 1, 10);
    ASSERT_TRUE(pool.try_submit([] { throw std::runtime_error("no route to host"); }));
    ASSERT_TRUE(pool.try_submit([&] { ++ran; }));
    pool.stop();
    EXPECT_EQ(ran, 1);
    EXPECT_THAT(
        capture.lines(), ElementsAre(AllOf(
                             HasSubstr("POOL-2c8e"), HasSubstr(R"("pool":"mailer")"),
                             HasSubstr(R"("error":"no route to host")")
                         ))
    );
}

TEST(WorkerPool, DropsWhatIsQueuedWhenTheDeadlinePasses) {
    std::binary_semaphore gate{0};
    std::latch busy{1};
    std::atomic<int> ran{0};
    auto dropped_marker = std::make_shared<int>(0);
    const std::weak_ptr<int> dropped = dropped_marker;
    WorkerPool pool("test", 1, 10);
    ASSERT_TRUE(pool.try_submit([&] {
        busy.count_down();
        gate.acquire();
        ++ran;
    }));
    busy.wait();
    ASSERT_TRUE(pool.try_submit([&ran, marker = std::move(dropped_marker)] { ++ran; }));
    std::jthread opener([&] {
        // The running job ends only after the deadline has dropped the queued one.
        while (pool.queued() > 0) std::this_thread::yield();
        gate.release();
    });
    EXPECT_FALSE(pool.stop_within(milliseconds{1}));
    EXPECT_EQ(ran, 1);
    EXPECT_TRUE(dropped.expired());
}

TEST(WorkerPool, StopsWithinItsDeadlineWhenTheQueueRunsEmpty) {
    std::atomic<int> ran{0};
    WorkerPool pool("test", 2, 100);
    for (int i = 0; i < 100; ++i) ASSERT_TRUE(pool.try_submit([&] { ++ran; }));
    EXPECT_TRUE(pool.stop_within(std::chrono::minutes{1}));
    EXPECT_EQ(ran, 100);
}

}  // namespace
}  // namespace annals::runtime
