#include "infra/bench/ledger.hpp"

#include "infra/bench/answers.hpp"
#include "infra/bench/person_day.hpp"

#include <gtest/gtest.h>

namespace annals::bench {
namespace {

TEST(BenchAnswers, ReadsACommandsAnswerOrNothing) {
    const auto answer =
        read_command_answer(R"({"id":"01890000-0000-7000-8000-000000000001","version":3,"position":"1-2-77"})"
        );
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->version, 3U);
    EXPECT_EQ(answer->position, (Position{1, 2, 77}));
    EXPECT_FALSE(read_command_answer(R"({"id":"x","version":3,"position":"1-2-77"})"));
    EXPECT_FALSE(read_command_answer("<html>"));
}

TEST(BenchAnswers, ReadsAPageOfAList) {
    const auto page = read_page(
        R"({"items":[{"id":"01890000-0000-7000-8000-000000000001","version":1,"title":"t","rank":"a"}],)"
        R"("next_cursor":"c","has_more":true})"
    );
    ASSERT_TRUE(page);
    ASSERT_EQ(page->items.size(), 1U);
    EXPECT_EQ(page->items.front().title, "t");
    EXPECT_EQ(page->next_cursor, "c");
    EXPECT_FALSE(read_page("[]"));
}

TEST(BenchLedger, NotesAnswersThatWereNotExpected) {
    Ledger ledger;
    const HttpAnswer refused{.status = 404, .body = R"({"code":"NOT_FOUND"})"};
    EXPECT_TRUE(ledger.expect(Deed::foreign_id, refused, {"NOT_FOUND"}, "GET x"));
    EXPECT_FALSE(ledger.expect(Deed::foreign_id, {.status = 200}, {"NOT_FOUND"}, "GET x"));
    EXPECT_FALSE(
        ledger.expect(Deed::create_task, {.status = 500, .body = R"({"code":"INTERNAL"})"}, {"OK"}, "POST x")
    );
    EXPECT_EQ(ledger.surprises_total, 2U);
    EXPECT_EQ(ledger.server_errors, 1U);
    EXPECT_EQ(ledger.codes.at("404 NOT_FOUND"), 1U);
}

TEST(BenchLedger, AddsUp) {
    Ledger one;
    one.attempts.push_back({.deed = Deed::create_task, .fate = Fate::acknowledged});
    one.surprise(Deed::create_task, "what");
    Ledger all;
    all.add(one);
    all.add(one);
    EXPECT_EQ(all.attempts.size(), 2U);
    EXPECT_EQ(all.surprises_total, 2U);
    EXPECT_EQ(all.counts[static_cast<std::size_t>(Deed::create_task)].surprising, 2U);
}

TEST(PersonDay, MarksItsTextsSoThatNoneContainsAnother) {
    EXPECT_EQ(marker_text("7-abc", 12), "td:7-abc:12;");
    EXPECT_FALSE(marker_text("7-abc", 123).starts_with(marker_text("7-abc", 12)));
}

}  // namespace
}  // namespace annals::bench
