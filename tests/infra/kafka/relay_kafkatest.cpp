#include "infra/kafka/relay.hpp"
#include "infra/kafka/topic_admin.hpp"
#include "tests/support/kafka/kafka_support.hpp"
#include "tests/support/kafka/memory_log.hpp"

#include <gtest/gtest.h>
#include <random>

namespace annals::kafka {
namespace {

using namespace test;

constexpr std::uint16_t kPartitions = 3;

class RelayOnKafka : public testing::Test {
protected:
    RelaySettings settings() const {
        RelaySettings settings;
        settings.broker = broker_;
        settings.topic = topic_.name();
        settings.partitions = kPartitions;
        return settings;
    }
    std::unique_ptr<Relay> start(MemoryLog& log) {
        auto relay = std::make_unique<Relay>(settings(), log, capture_.sink());
        relay->start();
        return relay;
    }
    static bool all_published(const Relay& relay, MemoryLog& log) {
        const auto heads = log.end().heads;
        const auto status = relay.status();
        for (std::size_t p = 0; p < heads.size(); ++p) {
            if (status.partitions[p].published != heads[p]) return false;
        }
        return true;
    }
    static bool refused(const Relay& relay, std::size_t partition) {
        return relay.status().partitions[partition].state == RelayPartitionState::refused;
    }
    void publish_all(MemoryLog& log) {
        const auto relay = start(log);
        ASSERT_TRUE(eventually([&] { return all_published(*relay, log); })) << capture_.text();
    }
    /// The topic holds the log: positions 1..n once each, in order, the same bytes.
    void expect_topic_equals(MemoryLog& log) {
        const auto topic = read_topic(broker_, topic_.name(), kPartitions);
        for (std::uint16_t p = 0; p < kPartitions; ++p) {
            const auto records = log.all(p);
            ASSERT_EQ(topic[p].size(), records.size()) << "partition " << p;
            for (std::size_t i = 0; i < records.size(); ++i) {
                ASSERT_EQ(topic[p][i].header("position"), std::to_string(i + 1));
                ASSERT_EQ(topic[p][i].value, records[i].line);
            }
        }
    }

    BrokerAddress broker_ = real_broker();
    TestTopic topic_{broker_};
    LogCapture capture_;
};

TEST_F(RelayOnKafka, PublishesEachPositionOnceInOrder) {
    MemoryLog log(test_seed(), kPartitions);
    log.append(0, 3000);
    log.append(2, 1);
    const auto relay = start(log);
    ASSERT_TRUE(eventually([&] { return all_published(*relay, log); })) << capture_.text();
    for (int round = 0; round < 50; ++round) {
        log.append(static_cast<std::uint16_t>(round % kPartitions), 7);
        relay->notify();
    }
    ASSERT_TRUE(eventually([&] { return all_published(*relay, log); })) << capture_.text();
    EXPECT_TRUE(relay->status().healthy());
    EXPECT_EQ(relay->status().records_total, 3001U + 350U);
    expect_topic_equals(log);
}

TEST_F(RelayOnKafka, WritesKeyAndHeadersThatReadersFilterBy) {
    MemoryLog log(test_seed(), kPartitions);
    log.append(1, 20);
    publish_all(log);
    const auto found = read_topic(broker_, topic_.name(), kPartitions)[1];
    ASSERT_EQ(found.size(), 20U);
    const auto records = log.all(1);
    for (std::size_t i = 0; i < found.size(); ++i) {
        EXPECT_EQ(found[i].key, records[i].stream_id.to_string());
        EXPECT_EQ(found[i].header("content-type"), "application/cloudevents+json; charset=UTF-8");
        EXPECT_EQ(found[i].header("ce_type"), records[i].type);
        EXPECT_EQ(found[i].header("ce_id"), records[i].event_id.to_string());
        EXPECT_EQ(found[i].header("tenant"), records[i].tenant_id.to_string());
        EXPECT_EQ(found[i].header("traceparent").value_or(""), records[i].traceparent);
        EXPECT_EQ(found[i].header("epoch"), "1");
        EXPECT_EQ(found[i].headers.size(), records[i].traceparent.empty() ? 6U : 7U);
    }
}

TEST_F(RelayOnKafka, SeesWhatOtherProcessesAppendWithoutBeingTold) {
    MemoryLog log(test_seed(), kPartitions);
    const auto relay = start(log);
    ASSERT_TRUE(eventually([&] { return relay->status().phase == RelayPhase::publishing; }))
        << capture_.text();
    log.append(1, 1);
    EXPECT_TRUE(eventually([&] { return all_published(*relay, log); })) << capture_.text();
}

TEST_F(RelayOnKafka, ResumesAfterBeingDestroyedAtRandomMoments) {
    std::mt19937_64 random(test_seed());
    MemoryLog log(test_seed(), kPartitions);
    for (int round = 0; round < 12; ++round) {
        for (std::uint16_t p = 0; p < kPartitions; ++p) log.append(p, random() % 1500);
        const auto relay = start(log);
        // Ends the relay while it opens, publishes or has finished, whichever the wanted count meets.
        const auto wanted = random() % 3000;
        (void)eventually([&] { return all_published(*relay, log) || relay->status().records_total >= wanted; }
        );
    }
    publish_all(log);
    expect_topic_equals(log);
}

TEST_F(RelayOnKafka, RefillsATopicThatIsBehindAndSaysSo) {
    MemoryLog log(test_seed(), kPartitions);
    log.append(0, 12'000);
    publish_all(log);
    EXPECT_TRUE(capture_.has("KAFKA-2f8a")) << capture_.text();
    EXPECT_TRUE(capture_.has("KAFKA-7d19")) << capture_.text();
    expect_topic_equals(log);
}

TEST_F(RelayOnKafka, RefusesAPartitionAheadOfTheLogAndServesTheOthers) {
    MemoryLog log(test_seed(), kPartitions);
    for (std::uint16_t p = 0; p < kPartitions; ++p) log.append(p, 10);
    publish_all(log);
    log.truncate(0, 5);
    log.append(1, 5);
    const auto relay = start(log);
    ASSERT_TRUE(eventually([&] { return relay->status().partitions[1].published == 15; })) << capture_.text();
    EXPECT_TRUE(refused(*relay, 0));
    EXPECT_FALSE(relay->status().healthy());
    EXPECT_NE(
        relay->status().partitions[0].message.find("ends at position 10 but the log ends at 5"),
        std::string::npos
    );
    EXPECT_TRUE(capture_.has("KAFKA-c650"));
    EXPECT_EQ(read_topic(broker_, topic_.name(), kPartitions)[0].size(), 10U);
}

TEST_F(RelayOnKafka, RefusesAPartitionWhoseLastEventDiffers) {
    MemoryLog log(test_seed(), kPartitions);
    log.append(0, 10);
    publish_all(log);
    log.replace_line(0, 10, "{\"another\":\"history\"}");
    log.append(0, 1);
    const auto relay = start(log);
    ASSERT_TRUE(eventually([&] { return refused(*relay, 0); })) << capture_.text();
    EXPECT_TRUE(capture_.has("KAFKA-e117"));
    EXPECT_EQ(read_topic(broker_, topic_.name(), kPartitions)[0].size(), 10U);
}

TEST_F(RelayOnKafka, RefusesALogThatGoesBackWhileItIsPublished) {
    MemoryLog log(test_seed(), kPartitions);
    log.append(0, 10);
    const auto relay = start(log);
    ASSERT_TRUE(eventually([&] { return all_published(*relay, log); })) << capture_.text();
    log.truncate(0, 3);
    EXPECT_TRUE(eventually([&] { return refused(*relay, 0); })) << capture_.text();
    EXPECT_TRUE(capture_.has("KAFKA-0a95"));
}

TEST_F(RelayOnKafka, RefusesAnEventTooLongForTheTopic) {
    MemoryLog log(test_seed(), kPartitions);
    log.append(0, 3);
    log.replace_line(0, 2, std::string(kLineBytesMax + 1, 'x'));
    log.append(1, 1);
    const auto relay = start(log);
    ASSERT_TRUE(eventually([&] { return refused(*relay, 0) && relay->status().partitions[1].published == 1; })
    ) << capture_.text();
    EXPECT_EQ(relay->status().partitions[0].published, 1U);
}

TEST_F(RelayOnKafka, PublishesTheLongestEventTheTopicTakes) {
    MemoryLog log(test_seed(), kPartitions);
    log.append(0, 2);
    log.replace_line(0, 2, std::string(kLineBytesMax, 'x'));
    publish_all(log);
    expect_topic_equals(log);
}

TEST_F(RelayOnKafka, RefusesATopicThatForgetsAndGoesOnOnceItIsCorrected) {
    topic_.create(kPartitions, {{"retention.ms", "604800000"}});
    MemoryLog log(test_seed(), kPartitions);
    log.append(0, 10);
    const auto relay = start(log);
    ASSERT_TRUE(eventually([&] { return relay->status().phase == RelayPhase::retrying; })) << capture_.text();
    EXPECT_NE(relay->status().message.find("retention.ms=604800000"), std::string::npos)
        << relay->status().message;
    EXPECT_NE(relay->status().message.find("kafka-configs.sh"), std::string::npos);
    EXPECT_TRUE(capture_.has("KAFKA-41d8"));
    topic_.alter({{"retention.ms", "-1"}, {"retention.bytes", "-1"}, {"cleanup.policy", "delete"}});
    EXPECT_TRUE(eventually([&] { return all_published(*relay, log); })) << capture_.text();
}

TEST_F(RelayOnKafka, RefusesATailWithoutValidPosition) {
    for (const auto* position : {"", "0", "-4", "12x", "99999999999999999999"}) {
        const TestTopic topic(broker_);
        ASSERT_EQ(ensure_topic(broker_, topic.name(), 1, capture_.sink()).verdict, TopicVerdict::created);
        write_raw(broker_, topic.name(), 0, "{}", {{"position", position}});
        MemoryLog log(test_seed(), 1);
        log.append(0, 3);
        auto settings = this->settings();
        settings.topic = topic.name();
        settings.partitions = 1;
        Relay relay(settings, log, capture_.sink());
        relay.start();
        ASSERT_TRUE(eventually([&] { return refused(relay, 0); }))
            << '"' << position << "\" " << capture_.text();
        EXPECT_EQ(read_topic(broker_, topic.name(), 1)[0].size(), 1U);
    }
}

TEST_F(RelayOnKafka, RefusesAPartitionWhoseRecordsWereAllRemoved) {
    MemoryLog log(test_seed(), kPartitions);
    log.append(0, 10);
    publish_all(log);
    constexpr std::int64_t kToTheEnd = -1;
    topic_.delete_records(0, kToTheEnd);
    const auto relay = start(log);
    ASSERT_TRUE(eventually([&] { return refused(*relay, 0); })) << capture_.text();
    EXPECT_TRUE(capture_.has("KAFKA-6e02"));
}

TEST_F(RelayOnKafka, StandbyTakesOverWhenTheLeaderEnds) {
    const auto leases = std::make_shared<Leases>();
    MemoryLog second(test_seed(), kPartitions, leases);
    second.append(0, 200);
    auto first = std::make_unique<MemoryLog>(test_seed(), kPartitions, leases);
    first->append(0, 100);
    auto leader = start(*first);
    ASSERT_TRUE(eventually([&] { return all_published(*leader, *first); })) << capture_.text();
    const auto standby = start(second);
    ASSERT_TRUE(eventually([&] { return standby->status().phase == RelayPhase::standby; }));
    EXPECT_TRUE(standby->status().healthy());
    leader.reset();
    first.reset();
    ASSERT_TRUE(eventually([&] { return all_published(*standby, second); })) << capture_.text();
    expect_topic_equals(second);
}

TEST_F(RelayOnKafka, StartsOverWhenTheLogFails) {
    MemoryLog log(test_seed(), kPartitions);
    log.append(0, 5000);
    log.append(1, 100);
    const auto relay = start(log);
    ASSERT_TRUE(eventually([&] { return relay->status().records_total > 0; })) << capture_.text();
    log.fail_reads(2);
    log.append(0, 5000);
    ASSERT_TRUE(eventually([&] { return all_published(*relay, log); })) << capture_.text();
    EXPECT_GE(relay->status().failures_total, 1U);
    expect_topic_equals(log);
}

TEST_F(RelayOnKafka, TwoLeadersThatBothBelieveInTheirLeaseWriteNothingTwice) {
    // Each has leases of its own, so both lead; they fence each other until the log is published.
    MemoryLog first_log(test_seed(), kPartitions);
    MemoryLog second_log(test_seed(), kPartitions);
    const auto first = start(first_log);
    const auto second = start(second_log);
    for (int round = 0; round < 40; ++round) {
        for (std::uint16_t p = 0; p < kPartitions; ++p) {
            // The second log is told first, so that neither ever sees a topic ahead of its log.
            second_log.append(p, 25);
            first_log.append(p, 25);
        }
        const auto before = first->status().records_total + second->status().records_total;
        ASSERT_TRUE(eventually([&] {
            return all_published(*first, first_log) || all_published(*second, second_log) ||
                   first->status().records_total + second->status().records_total > before;
        })) << capture_.text();
    }
    ASSERT_TRUE(eventually([&] {
        return all_published(*first, first_log) || all_published(*second, second_log);
    })) << capture_.text();
    expect_topic_equals(second_log);
}

TEST(RelayWithoutBroker, SaysWhatItWaitsForAndStopsInTime) {
    MemoryLog log(test_seed(), 1);
    log.append(0, 1);
    LogCapture capture;
    RelaySettings settings;
    settings.broker = {BrokerKind::real, "127.0.0.1:1"};
    settings.partitions = 1;
    Relay relay(settings, log, capture.sink());
    relay.start();
    ASSERT_TRUE(eventually([&] { return relay.status().phase == RelayPhase::retrying; })) << capture.text();
    EXPECT_FALSE(relay.status().message.empty());
    EXPECT_TRUE(eventually([&] { return relay.status().behind() == 1; })) << "and what is owed shows";
    log.append(0, 4);
    EXPECT_TRUE(eventually([&] { return relay.status().behind() == 5; })) << "and grows with the log";
    const auto before = std::chrono::steady_clock::now();
    relay.stop();
    EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::seconds(10));
    EXPECT_EQ(relay.status().phase, RelayPhase::stopped);
}

}  // namespace
}  // namespace annals::kafka
