#include "infra/kafka/relay.hpp"
#include "infra/kafka/topic_check.hpp"
#include "tests/support/kafka/kafka_support.hpp"
#include "tests/support/kafka/memory_log.hpp"

#include <gtest/gtest.h>
#include <map>

namespace annals::kafka {
namespace {

using namespace test;

constexpr std::uint16_t kPartitions = 2;

/// What somebody outside keeps who follows the rule: a record of a higher epoch than the one before it
/// replaces everything from its position on; a position that is there already changes nothing.
std::map<std::string, std::string> kept(const std::vector<RawRecord>& records) {
    std::map<std::uint64_t, std::string> lines;
    std::uint64_t epoch = 0;
    for (const RawRecord& record : records) {
        const std::uint64_t position = std::stoull(record.header("position").value());
        const std::uint64_t own = std::stoull(record.header("epoch").value());
        if (own > epoch) lines.erase(lines.lower_bound(position), lines.end());
        epoch = std::max(epoch, own);
        lines.try_emplace(position, record.value);
    }
    std::map<std::string, std::string> named;
    for (const auto& [position, line] : lines) named[std::to_string(position)] = line;
    return named;
}

class RelayEpochs : public testing::Test {
protected:
    std::unique_ptr<Relay> start(MemoryLog& log) {
        RelaySettings settings;
        settings.broker = broker_;
        settings.topic = topic_.name();
        settings.partitions = kPartitions;
        auto relay = std::make_unique<Relay>(settings, log, capture_.sink());
        relay->start();
        return relay;
    }
    static bool all_published(const Relay& relay, MemoryLog& log) {
        const auto status = relay.status();
        const auto end = log.end();
        if (status.phase != RelayPhase::publishing || status.epoch != end.epoch) return false;
        for (std::size_t p = 0; p < end.heads.size(); ++p) {
            const auto& partition = status.partitions[p];
            if (partition.state == RelayPartitionState::refused || partition.published != end.heads[p]) {
                return false;
            }
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
    std::vector<std::vector<RawRecord>> records() { return read_topic(broker_, topic_.name(), kPartitions); }
    void expect_reader_keeps(MemoryLog& log) {
        const auto topic = records();
        for (std::uint16_t p = 0; p < kPartitions; ++p) {
            std::map<std::string, std::string> expected;
            for (const LogRecord& record : log.all(p))
                expected[std::to_string(record.position)] = record.line;
            EXPECT_TRUE(kept(topic[p]) == expected) << "partition " << p;
        }
    }
    std::vector<std::string> check(MemoryLog& log) {
        (void)records();  // waits until no transaction is open
        EXPECT_TRUE(log.acquire_leadership("check")) << "its lines are read by a leader only";
        TopicReader reader(broker_, topic_.name(), capture_.sink());
        std::vector<std::string> lines;
        for (const auto& partition : check_topic(reader, log, [](std::uint64_t, std::uint64_t) {})) {
            lines.push_back(describe(partition));
        }
        return lines;
    }
    BrokerAddress broker_ = real_broker();
    TestTopic topic_{broker_};
    LogCapture capture_;
};

using Lines = std::vector<std::string>;

TEST_F(RelayEpochs, ALogRestoredToAnEarlierStateGoesOnInTheSameTopicOnceItsEpochIsRaised) {
    MemoryLog log(test_seed(), kPartitions);
    for (std::uint16_t p = 0; p < kPartitions; ++p) log.append(p, 100);
    publish_all(log);
    log.truncate(0, 80);
    const auto relay = start(log);
    ASSERT_TRUE(eventually([&] { return refused(*relay, 0); })) << capture_.text();
    EXPECT_NE(
        relay->status().partitions[0].message.find("annals log raise-epoch --reason"), std::string::npos
    );
    EXPECT_EQ(check(log), (Lines{"ahead: topic 100, log 80", "equal, 100 events"}));

    log.go_on_differently();
    log.raise_epoch();
    ASSERT_TRUE(eventually([&] { return all_published(*relay, log); })) << capture_.text();
    EXPECT_TRUE(capture_.has("KAFKA-84b2"));
    EXPECT_EQ(check(log), (Lines{"equal, 80 events; 20 superseded records", "equal, 100 events"}));
    for (std::uint16_t p = 0; p < kPartitions; ++p) log.append(p, 30);
    ASSERT_TRUE(eventually([&] { return all_published(*relay, log); })) << capture_.text();
    EXPECT_EQ(check(log), (Lines{"equal, 110 events; 20 superseded records", "equal, 130 events"}));
    const auto topic = records();
    EXPECT_EQ(topic[0].size(), 130U) << "nothing was taken away, nothing repeated";
    EXPECT_EQ(topic[0][100].header("position"), "81");
    EXPECT_EQ(topic[0][100].header("epoch"), "2");
    EXPECT_EQ(topic[1].size(), 130U);
    expect_reader_keeps(log);
}

TEST_F(RelayEpochs, ALogThatWentOnDifferentlyBeforeItsEpochWasRaisedIsPublishedFromWhereItDiverged) {
    MemoryLog log(test_seed(), kPartitions);
    // More than is read at a time on the way back.
    log.append(0, 6'000);
    publish_all(log);
    log.truncate(0, 1'500);
    log.go_on_differently();
    log.append(0, 5'500);
    log.append(1, 3);
    const auto relay = start(log);
    ASSERT_TRUE(eventually([&] { return relay->status().partitions[1].published == 3; })) << capture_.text();
    EXPECT_TRUE(refused(*relay, 0));
    EXPECT_TRUE(capture_.has("KAFKA-e117"));
    EXPECT_EQ(check(log), (Lines{"diverging at position 1501", "equal, 3 events"}));

    log.raise_epoch();
    ASSERT_TRUE(eventually([&] { return all_published(*relay, log); })) << capture_.text();
    EXPECT_EQ(check(log), (Lines{"equal, 7000 events; 4500 superseded records", "equal, 3 events"}));
    expect_reader_keeps(log);
    log.append(0, 10);
    publish_all(log);
    expect_reader_keeps(log);
}

TEST_F(RelayEpochs, ASecondRestoreBehindTheFirstOneIsToldApart) {
    MemoryLog log(test_seed(), kPartitions);
    log.append(0, 100);
    publish_all(log);
    log.truncate(0, 80);
    log.go_on_differently();
    log.raise_epoch();
    log.append(0, 30);
    publish_all(log);
    log.truncate(0, 50);
    log.go_on_differently();
    log.raise_epoch();
    log.append(0, 5);
    publish_all(log);
    EXPECT_EQ(check(log), (Lines{"equal, 55 events; 80 superseded records", "equal, 0 events"}));
    expect_reader_keeps(log);
}

TEST_F(RelayEpochs, ATopicOfALaterEpochThanTheLogNamesTheEpochToRaiseAbove) {
    MemoryLog ahead(test_seed(), kPartitions);
    ahead.raise_epoch(4);
    ahead.append(0, 100);
    publish_all(ahead);
    MemoryLog log(test_seed(), kPartitions);
    log.append(0, 40);
    log.go_on_differently();
    log.append(0, 20);
    const auto relay = start(log);
    ASSERT_TRUE(eventually([&] { return refused(*relay, 0); })) << capture_.text();
    EXPECT_NE(
        relay->status().partitions[0].message.find("annals log raise-epoch --above 5 "), std::string::npos
    ) << relay->status().partitions[0].message;
    log.raise_epoch(5);
    ASSERT_TRUE(eventually([&] { return all_published(*relay, log); })) << capture_.text();
    EXPECT_EQ(check(log)[0], "equal, 60 events; 60 superseded records");
    expect_reader_keeps(log);
}

TEST_F(RelayEpochs, AnEpochRaisedWithoutARestoreDisturbsNothing) {
    MemoryLog log(test_seed(), kPartitions);
    const auto relay = start(log);
    for (int round = 0; round < 5; ++round) {
        for (std::uint16_t p = 0; p < kPartitions; ++p) log.append(p, 200);
        log.raise_epoch();
    }
    ASSERT_TRUE(eventually([&] { return all_published(*relay, log); })) << capture_.text();
    EXPECT_EQ(relay->status().failures_total, 0U) << capture_.text();
    EXPECT_EQ(check(log), (Lines{"equal, 1000 events", "equal, 1000 events"}));
    expect_reader_keeps(log);
}

TEST_F(RelayEpochs, ABrokerThatLostTheNewestOrIsNewIsRefilledFromTheLog) {
    MemoryLog log(test_seed(), kPartitions);
    log.append(0, 300);
    publish_all(log);
    log.append(0, 15'000);
    log.append(1, 10);
    EXPECT_EQ(check(log), (Lines{"behind by 15000: topic 300, log 15300", "behind by 10: topic 0, log 10"}));
    publish_all(log);
    EXPECT_TRUE(capture_.has("KAFKA-2f8a")) << capture_.text();
    EXPECT_TRUE(capture_.has("KAFKA-7d19")) << capture_.text();
    EXPECT_EQ(check(log), (Lines{"equal, 15300 events", "equal, 10 events"}));
    expect_reader_keeps(log);
}

TEST_F(RelayEpochs, TheCheckNamesWhatIsMissingDifferentRepeatedOrForeign) {
    MemoryLog log(test_seed(), kPartitions);
    for (std::uint16_t p = 0; p < kPartitions; ++p) log.append(p, 10);
    publish_all(log);
    topic_.delete_records(0, 4);
    log.replace_line(1, 7, "{\"doctored\":true}");
    EXPECT_EQ(check(log), (Lines{"position 1 is missing", "diverging at position 7"}));
    write_raw(broker_, topic_.name(), 1, log.all(1)[4].line, {{"position", "5"}, {"epoch", "1"}});
    EXPECT_EQ(check(log)[1], "position 5 comes twice");
    write_raw(broker_, topic_.name(), 0, "{}", {{"position", "none"}});
    EXPECT_EQ(check(log)[0], "position 1 is missing") << "the first finding counts";
}

TEST_F(RelayEpochs, TheCheckMissesAllRecordsOfAPartitionThatLostThem) {
    MemoryLog log(test_seed(), kPartitions);
    for (std::uint16_t p = 0; p < kPartitions; ++p) log.append(p, 10);
    publish_all(log);
    constexpr std::int64_t kToTheEnd = -1;
    topic_.delete_records(0, kToTheEnd);
    EXPECT_EQ(check(log), (Lines{"position 1 is missing", "equal, 10 events"}));
}

}  // namespace
}  // namespace annals::kafka
