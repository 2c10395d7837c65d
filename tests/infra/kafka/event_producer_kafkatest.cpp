#include "infra/kafka/event_producer.hpp"
#include "infra/kafka/topic_admin.hpp"
#include "infra/kafka/topic_tail.hpp"
#include "tests/support/kafka/kafka_support.hpp"
#include "tests/support/kafka/memory_log.hpp"

#include <gtest/gtest.h>

namespace annals::kafka {
namespace {

using namespace test;

/// Topic and transactional producers, and the tail that a new leader would read.
class EventProducerOnKafka : public testing::Test {
protected:
    void SetUp() override {
        ASSERT_EQ(ensure_topic(broker_, topic_.name(), 2, capture_.sink()).verdict, TopicVerdict::created);
    }
    std::unique_ptr<EventProducer> producer() {
        auto made = std::make_unique<EventProducer>(
            ProducerSettings{broker_, topic_.name(), 2, "annals-relay-" + topic_.name()}, capture_.sink(),
            [] { return false; }
        );
        const auto result = made->init();
        if (!result) throw std::runtime_error(result.error().message);
        return made;
    }
    void produce(EventProducer& producer, std::uint64_t first, std::uint64_t last) {
        for (auto position = first; position <= last; ++position) {
            const auto result = producer.produce(0, seeded_record(test_seed(), 0, position));
            ASSERT_TRUE(result) << result.error().message;
        }
    }
    void publish(EventProducer& producer, std::uint64_t first, std::uint64_t last) {
        ASSERT_TRUE(producer.begin());
        produce(producer, first, last);
        const auto result = producer.commit();
        ASSERT_TRUE(result) << result.error().message;
    }
    Tail tail() { return read_topic_tails(broker_, topic_.name(), 2, capture_.sink())[0]; }

    BrokerAddress broker_ = real_broker();
    TestTopic topic_{broker_};
    LogCapture capture_;
};

TEST_F(EventProducerOnKafka, AnOlderProducerIsFencedByANewOne) {
    const auto old = producer();
    publish(*old, 1, 10);
    const auto fresh = producer();
    publish(*fresh, 11, 20);
    auto result = old->begin();
    if (result) result = old->produce(0, seeded_record(test_seed(), 0, 11));
    if (result) result = old->commit();
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().kind, ProducerFailure::fenced) << result.error().message;
    EXPECT_EQ(read_topic(broker_, topic_.name(), 2)[0].size(), 20U);
}

TEST_F(EventProducerOnKafka, AnOpenTransactionOfTheFencedProducerNeverShows) {
    const auto old = producer();
    ASSERT_TRUE(old->begin());
    produce(*old, 1, 50);
    const auto fresh = producer();
    publish(*fresh, 1, 5);
    const auto result = old->commit();
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().kind, ProducerFailure::fenced) << result.error().message;
    EXPECT_EQ(read_topic(broker_, topic_.name(), 2)[0].size(), 5U);
}

TEST_F(EventProducerOnKafka, AbortedRecordsAreNotInTheTail) {
    const auto leader = producer();
    EXPECT_TRUE(std::get<TailEmpty>(tail()).never_written);
    ASSERT_TRUE(leader->begin());
    produce(*leader, 1, 500);
    leader->abort();
    const auto after_abort = tail();
    ASSERT_TRUE(std::holds_alternative<TailEmpty>(after_abort));
    publish(*leader, 1, 7);
    EXPECT_EQ(std::get<TailRecord>(tail()).position, 7U);
    for (int round = 0; round < 20; ++round) {
        ASSERT_TRUE(leader->begin());
        produce(*leader, 8, 107);
        leader->abort();
    }
    const auto found = tail();
    EXPECT_EQ(std::get<TailRecord>(found).position, 7U);
    EXPECT_EQ(std::get<TailRecord>(found).line, seeded_record(test_seed(), 0, 7).line);
    EXPECT_EQ(read_topic(broker_, topic_.name(), 2)[0].size(), 7U);
}

TEST_F(EventProducerOnKafka, TailStopsBeforeAnOpenTransaction) {
    const auto leader = producer();
    publish(*leader, 1, 50);
    ASSERT_TRUE(leader->begin());
    produce(*leader, 51, 100);
    EXPECT_EQ(std::get<TailRecord>(tail()).position, 50U);
    leader->abort();
}

TEST_F(EventProducerOnKafka, TailSurvivesRemovalOfOlderRecords) {
    const auto leader = producer();
    publish(*leader, 1, 50);
    topic_.delete_records(0, 30);
    EXPECT_EQ(std::get<TailRecord>(tail()).position, 50U);
    constexpr std::int64_t kToTheEnd = -1;
    topic_.delete_records(0, kToTheEnd);
    EXPECT_TRUE(std::holds_alternative<TailUnknown>(tail()));
}

TEST_F(EventProducerOnKafka, TheTailIsThatOfEachPartition) {
    const auto leader = producer();
    ASSERT_TRUE(leader->begin());
    produce(*leader, 1, 3);
    ASSERT_TRUE(leader->produce(1, seeded_record(test_seed(), 1, 1)));
    ASSERT_TRUE(leader->commit());
    const auto tails = read_topic_tails(broker_, topic_.name(), 2, capture_.sink());
    EXPECT_EQ(std::get<TailRecord>(tails[0]).position, 3U);
    EXPECT_EQ(std::get<TailRecord>(tails[1]).position, 1U);
}

TEST(TopicAdminOnKafka, AcceptsWhatItCreatedAndRefusesWhatWouldLoseEvents) {
    const auto broker = real_broker();
    const LogCapture capture;
    const auto sink = LogCapture(capture).sink();
    const TestTopic good(broker);
    EXPECT_EQ(ensure_topic(broker, good.name(), 2, sink).verdict, TopicVerdict::created);
    EXPECT_EQ(ensure_topic(broker, good.name(), 2, sink).verdict, TopicVerdict::ready);
    const auto count = ensure_topic(broker, good.name(), 3, sink);
    EXPECT_EQ(count.verdict, TopicVerdict::refused);
    EXPECT_NE(count.message.find("has 2 partitions, but the log has 3"), std::string::npos) << count.message;

    const std::vector<std::pair<Config, std::string>> wrong{
        {{{"retention.ms", "1000"}}, "retention.ms=1000"},
        {{{"retention.ms", "-1"}, {"retention.bytes", "1000000"}}, "retention.bytes=1000000"},
        {{{"retention.ms", "-1"}, {"cleanup.policy", "compact"}}, "cleanup.policy=compact"},
    };
    for (const auto& [config, text] : wrong) {
        const TestTopic topic(broker);
        topic.create(2, config);
        const auto check = ensure_topic(broker, topic.name(), 2, sink);
        EXPECT_EQ(check.verdict, TopicVerdict::refused);
        EXPECT_NE(check.message.find(text), std::string::npos) << check.message;
    }
}

}  // namespace
}  // namespace annals::kafka
