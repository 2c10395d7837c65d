#include "domain/kernel/rank.hpp"

#include "tests/support/seed.hpp"

#include <algorithm>
#include <gtest/gtest.h>
#include <vector>

namespace annals {
namespace {

TEST(Rank, RisesWithItsNumber) {
    Rank before = Rank::nth(0);
    for (const std::uint64_t n :
         {1ULL, 2ULL, 61ULL, 62ULL, 63ULL, 3'843ULL, 3'844ULL, 1'000'000ULL, 56'800'235'584ULL}) {
        const Rank rank = Rank::nth(n);
        EXPECT_LT(before, rank) << n;
        EXPECT_TRUE(Rank::shaped(rank.str())) << rank.str();
        before = rank;
    }
}

TEST(Rank, LeavesNoOtherOrderThanTheOneAskedFor) {
    EXPECT_FALSE(Rank::between(Rank::nth(2), Rank::nth(1)));
    EXPECT_FALSE(Rank::between(Rank::nth(1), Rank::nth(1)));
    EXPECT_EQ(Rank::nth(1), Rank::between(std::nullopt, std::nullopt));
}

TEST(Rank, RefusesTextsThatAreNoRanks) {
    for (const char* bad : {"", "a", "1a", "A0", "z0", "b0", "a0-", "a 0"})
        EXPECT_FALSE(Rank::parse(bad)) << bad;
    EXPECT_TRUE(Rank::parse("a0"));
    EXPECT_FALSE(Rank::parse("a" + std::string(64, '1')));
}

TEST(Rank, HasRoomForHundredThousandCardsInFront) {
    Rank first = Rank::nth(1);
    for (int i = 0; i < 100'000; ++i) {
        const auto before = Rank::between(std::nullopt, first);
        ASSERT_TRUE(before);
        ASSERT_LT(*before, first);
        ASSERT_LE(before->str().size(), 6U);
        first = *before;
    }
    EXPECT_FALSE(Rank::between(std::nullopt, Rank::trusted("a0"))) << "there the room ends";
}

TEST(Rank, SaysWhenAGapIsUsedUp) {
    Rank high = Rank::nth(2);
    int inserted = 0;
    while (const auto rank = Rank::between(Rank::nth(1), high)) {
        ASSERT_LT(Rank::nth(1), *rank);
        ASSERT_LT(*rank, high);
        high = *rank;
        ++inserted;
    }
    EXPECT_GT(inserted, 250);
}

TEST(Rank, KeepsAnyOrderThatCardsAreMovedInto) {
    test::Seeded chance;
    for (int round = 0; round < 50; ++round) {
        std::vector<Rank> ranks;
        std::uint64_t appended = 0;
        for (int i = 0; i < 200; ++i) {
            const auto place =
                static_cast<std::size_t>(chance.number(0, static_cast<std::int64_t>(ranks.size())));
            const auto above = place > 0 ? std::optional(ranks[place - 1]) : std::nullopt;
            const auto below = place < ranks.size() ? std::optional(ranks[place]) : std::nullopt;
            const auto rank = below ? Rank::between(above, below) : Rank::nth(++appended);
            ASSERT_TRUE(rank);
            ASSERT_TRUE(Rank::parse(rank->str())) << rank->str();
            ranks.insert(ranks.begin() + static_cast<std::ptrdiff_t>(place), *rank);
            ASSERT_TRUE(std::ranges::is_sorted(ranks)) << rank->str();
        }
    }
}

}  // namespace
}  // namespace annals
