#include "infra/kafka/fresh_lines.hpp"

#include "tests/support/values.hpp"

#include <gtest/gtest.h>

namespace annals::kafka {
namespace {

constexpr std::size_t kLimit = 1'000;
constexpr std::size_t kBytes = 1 << 20;

EventRow event(std::uint64_t position, std::uint16_t partition = 0, std::string line = {}) {
    EventRow row;
    row.partition = partition;
    row.position = position;
    row.stream = test::uuid(100 + position);
    row.type = "prj.TaskMoved";
    row.line = line.empty() ? R"({"epoch":3,"traceparent":"00-ab-cd-01","data":{"n":)" +
                                  std::to_string(position) + "}}"
                            : std::move(line);
    return row;
}

std::vector<EventRow> events(std::uint64_t from, std::uint64_t to, std::uint16_t partition = 0) {
    std::vector<EventRow> rows;
    for (std::uint64_t position = from; position <= to; ++position)
        rows.push_back(event(position, partition));
    return rows;
}

std::vector<std::uint64_t> positions(const std::vector<LogRecord>& records) {
    std::vector<std::uint64_t> numbers;
    for (const LogRecord& record : records) numbers.push_back(record.position);
    return numbers;
}

using Numbers = std::vector<std::uint64_t>;

class FreshLinesTest : public testing::Test {
protected:
    FreshLinesTest() { fresh.open(); }
    Numbers take(std::uint64_t after, std::uint16_t partition = 0) {
        return positions(fresh.take(partition, after, kLimit, kBytes));
    }
    FreshLines fresh;
};

TEST_F(FreshLinesTest, GivesWhatFollowsOnceWithEpochAndTraceOfTheLine) {
    fresh.add(events(5, 7));
    const auto records = fresh.take(0, 4, 2, kBytes);
    ASSERT_EQ((Numbers{5, 6}), positions(records));
    EXPECT_EQ(3U, records[0].epoch);
    EXPECT_EQ("00-ab-cd-01", records[0].traceparent);
    EXPECT_EQ("prj.TaskMoved", records[0].type);
    EXPECT_EQ(test::uuid(105), records[0].stream_id);
    EXPECT_EQ(event(5).line, records[0].line);
    EXPECT_EQ((Numbers{7}), take(6));
    EXPECT_EQ(Numbers{}, take(6));
}

TEST_F(FreshLinesTest, GivesNothingAcrossAGapAndForgetsWhatIsPublished) {
    fresh.add(events(5, 6));
    fresh.add(events(8, 9));
    EXPECT_EQ(Numbers{}, take(3)) << "another process appended 4";
    EXPECT_EQ((Numbers{6}), take(5)) << "7 is another process's";
    EXPECT_EQ((Numbers{8, 9}), take(7));
    fresh.add(events(10, 12));
    EXPECT_EQ((Numbers{12}), take(11));
}

TEST_F(FreshLinesTest, KeepsPartitionsApartAndStopsAtTheBytes) {
    fresh.add(events(1, 3, 2));
    fresh.add(events(1, 1, 0));
    EXPECT_EQ(Numbers{}, take(0, 1));
    EXPECT_EQ(Numbers{}, take(0, 9));
    EXPECT_EQ((Numbers{1}), positions(fresh.take(2, 0, kLimit, 1))) << "one at least";
    EXPECT_EQ((Numbers{2, 3}), take(1, 2));
    EXPECT_EQ((Numbers{1}), take(0));
}

TEST_F(FreshLinesTest, ForgetsEverythingRatherThanToGrow) {
    fresh.add({event(1, 0, std::string(FreshLines::kBytesMax, 'x'))});
    fresh.add({event(1, 1)});
    EXPECT_EQ(Numbers{}, take(0));
    EXPECT_EQ(Numbers{}, take(0, 1));
    fresh.add({event(2, 1)});
    EXPECT_EQ((Numbers{2}), take(1, 1)) << "goes on afterwards";
}

TEST_F(FreshLinesTest, HoldsNothingWhileItIsClosed) {
    fresh.add(events(1, 2));
    fresh.close();
    fresh.add(events(3, 4));
    EXPECT_EQ(Numbers{}, take(0));
    fresh.open();
    EXPECT_EQ(Numbers{}, take(2));
}

/// Answers with lines of its own, so that one sees who was asked.
class OtherLog final : public RelayLog {
public:
    LogEnd end() override { return {1, {9}}; }
    std::vector<LogRecord> read(std::uint16_t, std::uint64_t after, std::size_t, std::size_t) override {
        return {log_record(after + 1, {}, {}, {}, "of the log", "{}")};
    }
    bool acquire_leadership(const std::string& group) override { return group == "free"; }
    void resign() noexcept override {}
};

TEST(FreshFirstLog, ReadsTheLogForWhatIsNotFreshAndHoldsLinesOnlyWhileItLeads) {
    FreshLines fresh;
    const auto log = make_fresh_first_log(std::make_unique<OtherLog>(), fresh);
    const auto type = [&](std::uint64_t after) { return log->read(0, after, kLimit, kBytes).front().type; };
    EXPECT_FALSE(log->acquire_leadership("taken"));
    fresh.add(events(1, 1));
    EXPECT_EQ("of the log", type(0));
    ASSERT_TRUE(log->acquire_leadership("free"));
    fresh.add(events(2, 3));
    EXPECT_EQ("of the log", type(0));
    EXPECT_EQ("prj.TaskMoved", type(1));
    fresh.add(events(4, 4));
    ASSERT_TRUE(log->acquire_leadership("free")) << "a new session";
    EXPECT_EQ("of the log", type(3)) << "the log may have been restored meanwhile";
    fresh.add(events(5, 5));
    log->resign();
    EXPECT_EQ("of the log", type(4));
    EXPECT_EQ((LogEnd{1, {9}}), log->end());
}

}  // namespace
}  // namespace annals::kafka
