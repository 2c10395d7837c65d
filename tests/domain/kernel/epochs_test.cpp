#include "domain/kernel/epochs.hpp"

#include <gtest/gtest.h>

namespace annals {
namespace {

// Restored to 80 when 100 were told, then, from the second backup, to 60; the other partition lost nothing.
const EpochHistory kHistory({{0, 3, 60}, {0, 2, 80}, {1, 2, 10}, {1, 3, 12}});

TEST(EpochHistory, NamesTheEpochOfEachPosition) {
    EXPECT_EQ(kHistory.current(), 3U);
    EXPECT_EQ(kHistory.at(0, 60), 1U);
    EXPECT_EQ(kHistory.at(0, 61), 3U);
    EXPECT_EQ(kHistory.at(0, 81), 3U);
    EXPECT_EQ(kHistory.at(1, 10), 1U);
    EXPECT_EQ(kHistory.at(1, 11), 2U);
    EXPECT_EQ(kHistory.at(1, 13), 3U);
}

TEST(EpochHistory, KnowsWhichPositionsALaterEpochOvertook) {
    EXPECT_FALSE(kHistory.superseded({1, 0, 60}));
    EXPECT_TRUE(kHistory.superseded({1, 0, 61}));
    EXPECT_TRUE(kHistory.superseded({2, 0, 85}));
    EXPECT_FALSE(kHistory.superseded({2, 0, 60}));
    EXPECT_FALSE(kHistory.superseded({3, 0, 85}));
    EXPECT_FALSE(kHistory.superseded({2, 1, 12}));
    EXPECT_TRUE(kHistory.superseded({2, 1, 13}));
}

TEST(EpochHistory, ALogThatWasNeverRestoredSupersedesNothing) {
    EXPECT_EQ(EpochHistory().current(), 1U);
    EXPECT_EQ(EpochHistory().at(5, 9), 1U);
    EXPECT_FALSE(EpochHistory().superseded({1, 0, 1}));
}

}  // namespace
}  // namespace annals
