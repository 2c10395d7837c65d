#include "infra/kafka/embedded_broker.hpp"

#include "infra/kafka/event_consumer.hpp"
#include "infra/kafka/event_producer.hpp"
#include "infra/kafka/relay.hpp"
#include "infra/kafka/topic_admin.hpp"
#include "tests/support/kafka/kafka_support.hpp"
#include "tests/support/kafka/memory_log.hpp"

#include <gtest/gtest.h>
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

namespace annals::kafka {
namespace {

using namespace test;
using namespace std::chrono_literals;

constexpr std::uint16_t kPartitions = 4;

class Embedded : public testing::Test {
protected:
    std::unique_ptr<Relay> start(MemoryLog& log) {
        RelaySettings settings;
        settings.broker = broker_.address();
        settings.partitions = kPartitions;
        auto relay = std::make_unique<Relay>(settings, log, capture_.sink());
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

    LogCapture capture_;
    EmbeddedBroker broker_{kPartitions, capture_.sink()};
};

TEST_F(Embedded, HoldsWhatTheRelayPublished) {
    MemoryLog log(test_seed(), kPartitions);
    log.append(0, 500);
    const auto relay = start(log);
    ASSERT_TRUE(eventually([&] { return all_published(*relay, log); })) << capture_.text();
    log.append(3, 40);
    relay->notify();
    ASSERT_TRUE(eventually([&] { return all_published(*relay, log); })) << capture_.text();
    EXPECT_EQ(relay->status().broker, BrokerKind::embedded);
    const auto topic = read_topic(broker_.address(), std::string(kEventsTopic), kPartitions);
    for (const auto p : {std::uint16_t{0}, std::uint16_t{3}}) {
        const auto records = log.all(p);
        ASSERT_EQ(topic[p].size(), records.size());
        for (std::size_t i = 0; i < records.size(); ++i) {
            ASSERT_EQ(topic[p][i].header("position"), std::to_string(i + 1));
            ASSERT_EQ(topic[p][i].value, records[i].line);
        }
    }
}

TEST_F(Embedded, IsRefilledWithTheNewestEventsOnly) {
    MemoryLog log(test_seed(), kPartitions);
    log.append(1, 20'000);
    const auto relay = start(log);
    ASSERT_TRUE(eventually([&] { return all_published(*relay, log); })) << capture_.text();
    const auto records = read_topic(broker_.address(), std::string(kEventsTopic), kPartitions)[1];
    ASSERT_EQ(records.size(), 4'000U);
    EXPECT_EQ(records.front().header("position"), "16001");
    EXPECT_EQ(records.back().header("position"), "20000");
}

TEST_F(Embedded, ARelayThatRestartsGoesOnWhereItEnded) {
    MemoryLog log(test_seed(), kPartitions);
    for (int round = 0; round < 5; ++round) {
        log.append(2, 300);
        const auto relay = start(log);
        ASSERT_TRUE(eventually([&] { return all_published(*relay, log); })) << capture_.text();
    }
    EXPECT_EQ(read_topic(broker_.address(), std::string(kEventsTopic), kPartitions)[2].size(), 1'500U);
}

TEST_F(Embedded, TellsAReaderWhoseOffsetItDropped) {
    MemoryLog log(test_seed(), kPartitions);
    log.append(0, 1'000);
    for (std::uint64_t position = 1; position <= 1'000; ++position) {
        log.replace_line(0, position, std::string(20'000, 'x'));  // 20 MB; the broker keeps 5
    }
    const auto relay = start(log);
    ASSERT_TRUE(eventually([&] { return all_published(*relay, log); })) << capture_.text();
    EventConsumer reader({broker_.address(), std::string(kEventsTopic), "test"}, capture_.sink());
    reader.assign({{0, 10}});
    ASSERT_TRUE(eventually([&] { return !reader.poll(10, 1 << 20, 50ms).offset_gone.empty(); }))
        << capture_.text();
    reader.restart({0, {}});
    std::uint64_t last = 0;
    EXPECT_TRUE(eventually([&] {
        for (const auto& record : reader.poll(100, 1 << 22, 50ms).records) {
            EXPECT_TRUE(last == 0 || record.position == last + 1);
            last = record.position;
        }
        return last == 1'000;
    }));
}

TEST_F(Embedded, ChecksTheNumberOfPartitions) {
    EXPECT_EQ(
        ensure_topic(broker_.address(), kEventsTopic, kPartitions, capture_.sink()).verdict,
        TopicVerdict::ready
    );
    EXPECT_EQ(
        ensure_topic(broker_.address(), kEventsTopic, kPartitions + 1, capture_.sink()).verdict,
        TopicVerdict::refused
    );
}

/// A broker of the test's own, whose answers it can spoil.
class Spoiled : public testing::Test {
protected:
    Spoiled() {
        std::array<char, 256> text{};
        host_ = rd_kafka_new(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), text.data(), text.size());
        cluster_ = rd_kafka_mock_cluster_new(host_, 1);
        rd_kafka_mock_topic_create(cluster_, "spoiled", 1, 1);
    }
    ~Spoiled() override {
        rd_kafka_mock_cluster_destroy(cluster_);
        rd_kafka_destroy(host_);
    }
    [[nodiscard]] BrokerAddress address() const {
        return {BrokerKind::embedded, rd_kafka_mock_cluster_bootstraps(cluster_)};
    }
    static constexpr std::int16_t kProduceRequest = 0;

    rd_kafka_t* host_{nullptr};
    rd_kafka_mock_cluster_t* cluster_{nullptr};
    LogCapture capture_;
};

TEST_F(Spoiled, AFailedDeliveryEndsTheProducer) {
    EventProducer producer({address(), "spoiled", 1, {}}, capture_.sink(), [] { return false; });
    ASSERT_TRUE(producer.init());
    rd_kafka_mock_push_request_errors(
        cluster_, kProduceRequest, 1, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED
    );
    ASSERT_TRUE(producer.begin());
    ASSERT_TRUE(producer.produce(0, seeded_record(test_seed(), 0, 1)));
    const auto result = producer.commit();
    ASSERT_FALSE(result);
    EXPECT_NE(result.error().message.find("uthorization"), std::string::npos) << result.error().message;
}

TEST_F(Spoiled, TheRelayStartsOverAfterFailedDeliveriesAndLeavesNoHole) {
    MemoryLog log(test_seed(), 1);
    RelaySettings settings;
    settings.broker = address();
    settings.topic = "spoiled";
    settings.partitions = 1;
    Relay relay(settings, log, capture_.sink());
    relay.start();
    for (int round = 0; round < 4; ++round) {
        rd_kafka_mock_push_request_errors(
            cluster_, kProduceRequest, 1, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED
        );
        log.append(0, 100);
        relay.notify();
        ASSERT_TRUE(eventually([&] { return relay.status().partitions[0].published == log.end().heads[0]; }))
            << capture_.text();
    }
    EXPECT_EQ(relay.status().failures_total, 4U);
    relay.stop();
    const auto records = read_topic(address(), "spoiled", 1)[0];
    ASSERT_EQ(records.size(), 400U);
    for (std::size_t i = 0; i < records.size(); ++i)
        ASSERT_EQ(records[i].header("position"), std::to_string(i + 1));
}

TEST_F(Spoiled, ABrokerThatGoesAwayAndComesBackMissesNothing) {
    MemoryLog log(test_seed(), 1);
    log.append(0, 50);
    RelaySettings settings;
    settings.broker = address();
    settings.topic = "spoiled";
    settings.partitions = 1;
    Relay relay(settings, log, capture_.sink());
    relay.start();
    ASSERT_TRUE(eventually([&] { return relay.status().partitions[0].published == 50; })) << capture_.text();
    rd_kafka_mock_broker_set_down(cluster_, 1);
    log.append(0, 50);
    relay.notify();
    ASSERT_TRUE(eventually([&] { return capture_.has("KAFKA-5ad2"); })) << capture_.text();
    EXPECT_EQ(relay.status().partitions[0].published, 50U);
    EXPECT_TRUE(eventually([&] { return relay.status().unanswered() > 50ms; }));
    rd_kafka_mock_broker_set_up(cluster_, 1);
    ASSERT_TRUE(eventually([&] { return relay.status().partitions[0].published == 100; })) << capture_.text();
    EXPECT_EQ(relay.status().unanswered(), 0ms);
    EXPECT_EQ(read_topic(address(), "spoiled", 1)[0].size(), 100U);
}

}  // namespace
}  // namespace annals::kafka
