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

    /// A commit is visible to readers a moment after it has returned.
    void expect_tail(std::uint64_t position) {
        const auto line = seeded_record(test_seed(), 0, position).line;
        EXPECT_TRUE(eventually([&] {
            const auto found = tail();
            const auto* record = std::get_if<TailRecord>(&found);
            return record != nullptr && record->position == position && record->line == line;
        }));
    }

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
    ASSERT_TRUE(wait_for_offset(broker_, topic_.name(), 0, 50));
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
    ASSERT_TRUE(wait_for_offset(broker_, topic_.name(), 0, 500));
    leader->abort();
    EXPECT_TRUE(eventually([&] { return std::holds_alternative<TailEmpty>(tail()); }));
    publish(*leader, 1, 7);
    expect_tail(7);
    for (int round = 0; round < 10; ++round) {
        ASSERT_TRUE(leader->begin());
        produce(*leader, 8, 107);
        ASSERT_TRUE(wait_for_offset(broker_, topic_.name(), 0, 508 + (round + 1) * 100));
        leader->abort();
    }
    expect_tail(7);
    EXPECT_EQ(read_topic(broker_, topic_.name(), 2)[0].size(), 7U);
}

TEST_F(EventProducerOnKafka, TailStopsBeforeAnOpenTransaction) {
    const auto leader = producer();
    publish(*leader, 1, 50);
    ASSERT_TRUE(leader->begin());
    produce(*leader, 51, 100);
    ASSERT_TRUE(wait_for_offset(broker_, topic_.name(), 0, 100));
    expect_tail(50);
    leader->abort();
}

TEST_F(EventProducerOnKafka, TailSurvivesRemovalOfOlderRecords) {
    const auto leader = producer();
    publish(*leader, 1, 50);
    expect_tail(50);
    topic_.delete_records(0, 30);
    expect_tail(50);
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
    EXPECT_TRUE(eventually([&] {
        const auto tails = read_topic_tails(broker_, topic_.name(), 2, capture_.sink());
        const auto* first = std::get_if<TailRecord>(&tails[0]);
        const auto* second = std::get_if<TailRecord>(&tails[1]);
        return first != nullptr && first->position == 3 && second != nullptr && second->position == 1;
    }));
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
