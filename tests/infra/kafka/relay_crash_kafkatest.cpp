#include "tests/support/kafka/child_process.hpp"
#include "tests/support/kafka/kafka_support.hpp"
#include "tests/support/kafka/memory_log.hpp"

#include <chrono>
#include <gtest/gtest.h>
#include <iostream>
#include <random>

namespace annals::kafka {
namespace {

using namespace test;
using std::chrono::milliseconds;

constexpr int kPartitions = 4;
constexpr std::uint64_t kRecords = 4'000;  // per partition
constexpr double kRate = 700;              // per partition and second

/// A relay in a process of its own.
class Child : public ChildProcess {
public:
    Child(const BrokerAddress& broker, const std::string& topic, std::chrono::steady_clock::time_point start)
        : ChildProcess(
              {ANNALS_RELAY_CHILD, broker.bootstrap, topic, std::to_string(test_seed()),
               std::to_string(kPartitions), std::to_string(kRecords), std::to_string(kRate),
               std::to_string(std::chrono::nanoseconds(start.time_since_epoch()).count()),
               std::to_string(getpid())}
          ) {}
};

class RelayCrash : public testing::Test {
protected:
    void finish() {
        Child last(broker_, topic_.name(), start_);
        ASSERT_TRUE(last.ends_within(milliseconds(45'000)));
        ASSERT_EQ(last.exit_status(), 0);
    }
    void expect_each_position_once() {
        const auto topic = read_topic(broker_, topic_.name(), kPartitions);
        for (std::uint16_t p = 0; p < kPartitions; ++p) {
            ASSERT_EQ(topic[p].size(), kRecords) << "partition " << p;
            for (std::uint64_t i = 0; i < kRecords; ++i) {
                ASSERT_EQ(topic[p][i].header("position"), std::to_string(i + 1));
                ASSERT_EQ(topic[p][i].value, seeded_record(test_seed(), p, i + 1).line);
            }
        }
    }

    BrokerAddress broker_ = real_broker();
    TestTopic topic_{broker_};
    std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
    std::mt19937_64 random_{test_seed()};
};

TEST_F(RelayCrash, KilledAtAnyMomentTheTopicHoldsEachPositionOnce) {
    int killed = 0;
    for (int round = 0; round < 20; ++round) {
        Child child(broker_, topic_.name(), start_);
        // From before its first request to far into publishing.
        if (child.ends_within(milliseconds(random_() % 900))) break;
        child.send(SIGKILL);
        ++killed;
    }
    std::cout << "killed " << killed << " times\n";
    EXPECT_GE(killed, 5);
    finish();
    expect_each_position_once();
}

TEST_F(RelayCrash, APausedLeaderThatWakesUpAfterATakeoverWritesNothing) {
    for (int round = 0; round < 3; ++round) {
        Child paused(broker_, topic_.name(), start_);
        (void)paused.ends_within(milliseconds(500 + random_() % 400));
        paused.send(SIGSTOP);
        Child successor(broker_, topic_.name(), start_);
        (void)successor.ends_within(milliseconds(800));
        paused.send(SIGCONT);
        // Both run now and fence each other, as neither loses the lease in this test.
        (void)paused.ends_within(milliseconds(300));
    }
    finish();
    expect_each_position_once();
}

}  // namespace
}  // namespace annals::kafka
