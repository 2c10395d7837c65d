#include "infra/kafka/event_consumer.hpp"
#include "infra/kafka/relay.hpp"
#include "infra/kafka/topic_admin.hpp"
#include "tests/support/kafka/kafka_support.hpp"
#include "tests/support/kafka/memory_log.hpp"

#include <future>
#include <gtest/gtest.h>

namespace annals::kafka {
namespace {

using namespace test;
using namespace std::chrono_literals;

constexpr std::uint16_t kPartitions = 2;
constexpr std::size_t kBatch = 100;
constexpr std::size_t kBytes = 1 << 20;

class EventConsumerOnKafka : public testing::Test {
protected:
    void publish(MemoryLog& log) {
        RelaySettings settings;
        settings.broker = broker_;
        settings.topic = topic_.name();
        settings.partitions = kPartitions;
        Relay relay(settings, log, capture_.sink());
        relay.start();
        ASSERT_TRUE(eventually([&] {
            const auto status = relay.status();
            const auto heads = log.end().heads;
            return status.partitions[0].published == heads[0] && status.partitions[1].published == heads[1];
        })) << capture_.text();
    }
    std::unique_ptr<EventConsumer> consumer() {
        return std::make_unique<EventConsumer>(
            ConsumerSettings{broker_, topic_.name(), "test"}, capture_.sink()
        );
    }
    /// Polls until `count` records have come.
    static std::vector<ConsumedRecord> take(EventConsumer& consumer, std::size_t count) {
        std::vector<ConsumedRecord> all;
        (void)eventually([&] {
            for (auto& record : consumer.poll(kBatch, kBytes, 50ms).records) all.push_back(std::move(record));
            return all.size() >= count;
        });
        return all;
    }

    BrokerAddress broker_ = real_broker();
    TestTopic topic_{broker_};
    LogCapture capture_;
};

TEST_F(EventConsumerOnKafka, ReadsAssignedPartitionsFromTheBeginningInOrder) {
    MemoryLog log(test_seed(), kPartitions);
    log.append(0, 500);
    log.append(1, 300);
    publish(log);
    const auto reader = consumer();
    reader->assign({{0, {}}, {1, {}}});
    std::vector<std::uint64_t> next{1, 1};
    for (const auto& record : take(*reader, 800)) {
        ASSERT_EQ(record.position, next[record.partition]++);
        ASSERT_EQ(record.line, seeded_record(test_seed(), record.partition, record.position).line);
    }
    EXPECT_EQ(next, (std::vector<std::uint64_t>{501, 301}));
}

TEST_F(EventConsumerOnKafka, GoesOnBehindAStoredOffset) {
    MemoryLog log(test_seed(), kPartitions);
    log.append(0, 10);
    publish(log);
    log.append(0, 10);  // a second transaction, so that offsets and positions part
    publish(log);
    auto reader = consumer();
    reader->assign({{0, {}}});
    const auto first = take(*reader, 20);
    ASSERT_EQ(first.size(), 20U);
    EXPECT_NE(first[12].offset, first[0].offset + 12);
    reader = consumer();
    reader->assign({{0, first[12].offset + 1}});
    const auto rest = take(*reader, 7);
    ASSERT_EQ(rest.size(), 7U);
    EXPECT_EQ(rest.front().position, 14U);
}

TEST_F(EventConsumerOnKafka, BatchesAreBoundedInCountAndBytes) {
    MemoryLog log(test_seed(), kPartitions);
    log.append(0, 200);
    publish(log);
    const auto reader = consumer();
    reader->assign({{0, {}}});
    EXPECT_TRUE(eventually([&] { return reader->poll(7, kBytes, 100ms).records.size() == 7; }));
    EXPECT_EQ(reader->poll(kBatch, 1, 1s).records.size(), 1U);
}

TEST_F(EventConsumerOnKafka, SignalsAnOffsetThatIsGoneAndRestarts) {
    MemoryLog log(test_seed(), kPartitions);
    log.append(0, 100);
    log.append(1, 10);
    publish(log);
    topic_.delete_records(0, 60);
    const auto reader = consumer();
    reader->assign({{0, 20}, {1, {}}});
    std::size_t other = 0;
    std::vector<std::uint16_t> gone;
    ASSERT_TRUE(eventually([&] {
        auto result = reader->poll(kBatch, kBytes, 50ms);
        other += result.records.size();
        gone.insert(gone.end(), result.offset_gone.begin(), result.offset_gone.end());
        return !gone.empty() && other == 10;
    })) << capture_.text();
    EXPECT_EQ(gone, std::vector<std::uint16_t>{0});
    reader->restart({0, {}});
    const auto found = take(*reader, 40);
    ASSERT_EQ(found.size(), 40U);
    EXPECT_EQ(found.front().position, 61U);
    EXPECT_EQ(found.front().partition, 0U);
}

TEST_F(EventConsumerOnKafka, SignalsAnOffsetBeyondTheEnd) {
    MemoryLog log(test_seed(), kPartitions);
    log.append(0, 5);
    publish(log);
    const auto reader = consumer();
    reader->assign({{0, 5000}});
    EXPECT_TRUE(eventually([&] { return !reader->poll(kBatch, kBytes, 50ms).offset_gone.empty(); }));
}

TEST_F(EventConsumerOnKafka, LeavesOutAndCountsRecordsWithoutValidPosition) {
    ASSERT_EQ(
        ensure_topic(broker_, topic_.name(), kPartitions, capture_.sink()).verdict, TopicVerdict::created
    );
    write_raw(broker_, topic_.name(), 0, "a", {});
    write_raw(broker_, topic_.name(), 0, "b", {{"position", "x"}});
    write_raw(broker_, topic_.name(), 0, "c", {{"position", "1"}, {"position", "2"}});
    write_raw(broker_, topic_.name(), 0, "d", {{"position", "18446744073709551616"}});
    write_raw(broker_, topic_.name(), 0, "e", {{"position", "7"}});
    const auto reader = consumer();
    reader->assign({{0, {}}});
    const auto found = take(*reader, 1);
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].position, 7U);
    EXPECT_EQ(found[0].line, "e");
    EXPECT_EQ(reader->malformed_total(), 4U);
    EXPECT_TRUE(capture_.has("KAFKA-b9f3"));
}

TEST_F(EventConsumerOnKafka, WakeEndsAWaitingPoll) {
    ASSERT_EQ(
        ensure_topic(broker_, topic_.name(), kPartitions, capture_.sink()).verdict, TopicVerdict::created
    );
    const auto reader = consumer();
    reader->assign({{0, {}}});
    const auto begun = std::chrono::steady_clock::now();
    auto waiting =
        std::async(std::launch::async, [&] { return reader->poll(kBatch, kBytes, 30s).records.size(); });
    EXPECT_EQ(waiting.wait_for(200ms), std::future_status::timeout);
    reader->wake();
    EXPECT_EQ(waiting.get(), 0U);
    EXPECT_LT(std::chrono::steady_clock::now() - begun, 10s);
}

TEST(EventConsumerWithoutBroker, CountsErrorsAndFindsNothing) {
    LogCapture capture;
    EventConsumer reader({{BrokerKind::real, "127.0.0.1:1"}, "annals.events", "test"}, capture.sink());
    reader.assign({{0, {}}});
    EXPECT_TRUE(eventually([&] {
        EXPECT_TRUE(reader.poll(kBatch, kBytes, 20ms).records.empty());
        return reader.errors_total() > 0;
    }));
    EXPECT_TRUE(capture.has("KAFKA-5ad2")) << capture.text();
}

}  // namespace
}  // namespace annals::kafka
