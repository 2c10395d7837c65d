#include "infra/bench/person_day.hpp"
#include "infra/bench/reconciliation.hpp"
#include "infra/postgres/pg_event_store.hpp"
#include "tests/infra/postgres/append_samples.hpp"
#include "tests/support/pg_fixture.hpp"

#include <gtest/gtest.h>

namespace annals::bench {
namespace {

using namespace test;

/// A log of one organization with one task: created with text 1, changed to text 2.
class Reconciliation : public ::testing::Test {
protected:
    Reconciliation() {
        AppendBatch batch = expecting({{0, 0}});
        EventRow& created = add_event(batch, 0, 10);
        write(created, R"({"data":{"title":")" + marker_text("r", 1) + R"( new"}})");
        EventRow& changed = add_event(batch, 0, 11);
        changed.stream = uuid_of(10);
        changed.version = 2;
        const std::string before = marker_text("r", 1), after = marker_text("r", 2);
        write(
            changed,
            R"({"data":{"title":{"before":")" + before + R"( new","after":")" + after + R"( newer"}}})"
        );
        EXPECT_EQ(pg::make_pg_event_store(database.engine_dsn())->append(batch), AppendOutcome::written);
    }

    static void write(EventRow& event, std::string line) {
        event.line = std::move(line);
        event.leaf_hash = crypto::leaf_hash(event.line);
    }
    static Attempt acknowledged(std::uint64_t number) {
        return {
            .deed = Deed::update_task,
            .fate = Fate::acknowledged,
            .marker = number,
            .command_id = CommandId{uuid_of(9 + number)},
            .must_change = true,
            .id = uuid_of(10),
            .version = number,
            .position = {1, 0, number},
        };
    }
    /// What is found when these answers meet the log.
    std::vector<std::string> found(std::vector<Attempt> attempts) {
        Findings findings;
        const DayLog log(database.engine_dsn(), {0, 0, 0}, "r", findings);
        Ledger ledger;
        ledger.attempts = std::move(attempts);
        check_answers(ledger, log, findings);
        return findings.kept();
    }

    PgDatabase database{PgDatabase::Contents::migrated, 3};
};

TEST_F(Reconciliation, FindsNothingWhenAllAgrees) {
    Attempt refused{
        .deed = Deed::stale_version, .fate = Fate::refused, .marker = 3, .command_id = CommandId{uuid_of(99)}
    };
    Attempt unknown{.deed = Deed::drop_before_answer, .fate = Fate::unknown, .marker = 4};
    EXPECT_EQ(found({acknowledged(1), acknowledged(2), refused, unknown}), std::vector<std::string>{});
}

TEST_F(Reconciliation, ReadsTheLogOfTheDay) {
    Findings findings;
    const DayLog log(database.engine_dsn(), {1, 0, 0}, "r", findings);
    EXPECT_EQ(log.events(), 1U);
    EXPECT_EQ(log.at(0, 1), nullptr) << "that was the day before";
    ASSERT_NE(log.at(0, 2), nullptr);
    EXPECT_EQ(log.at(0, 2)->version, 2U);
    EXPECT_EQ(log.streams().at(uuid_of(10)).marker, 2U);
    EXPECT_EQ(findings.total(), 0U);
    EXPECT_EQ(read_log_heads(database.engine_dsn()), (std::vector<std::uint64_t>{2, 0, 0}));
}

TEST_F(Reconciliation, FindsAnAcknowledgedCommandThatIsNotThere) {
    Attempt lost = acknowledged(3);
    const auto said = found({acknowledged(1), acknowledged(2), lost});
    ASSERT_EQ(said.size(), 1U);
    EXPECT_NE(said.front().find("1-0-3 is not in the log"), std::string::npos) << said.front();
}

TEST_F(Reconciliation, FindsAnAnswerThatNamesAnotherPlace) {
    Attempt moved = acknowledged(1);
    moved.position.number = 2;
    EXPECT_FALSE(found({moved, acknowledged(2)}).empty());
}

TEST_F(Reconciliation, FindsARefusedCommandThatIsThere) {
    Attempt refused = acknowledged(2);
    refused.fate = Fate::refused;
    const auto said = found({acknowledged(1), refused});
    EXPECT_EQ(said.size(), 2U) << "its text and its command id";
}

TEST_F(Reconciliation, AllowsACommandWithoutAnAnswerOnceAtMost) {
    Attempt unknown{.deed = Deed::drop_before_answer, .fate = Fate::unknown, .marker = 1};
    EXPECT_TRUE(found({unknown, acknowledged(2)}).empty());

    AppendBatch again = expecting({{0, 2}});
    write(add_event(again, 0, 12), R"({"data":{"title":")" + marker_text("r", 1) + R"( new"}})");
    ASSERT_EQ(pg::make_pg_event_store(database.engine_dsn())->append(again), AppendOutcome::written);
    EXPECT_EQ(found({unknown, acknowledged(2)}).size(), 1U);
}

TEST_F(Reconciliation, FindsTextsThatNobodyWrote) {
    EXPECT_EQ(found({acknowledged(1)}).size(), 1U);
}

TEST_F(Reconciliation, FindsALineThatDoesNotMatchItsHash) {
    AppendBatch batch = expecting({{0, 2}});
    add_event(batch, 0, 12);
    ASSERT_EQ(pg::make_pg_event_store(database.engine_dsn())->append(batch), AppendOutcome::written);
    EXPECT_EQ(found({acknowledged(1), acknowledged(2)}).size(), 1U);
}

}  // namespace
}  // namespace annals::bench
