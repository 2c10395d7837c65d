#include "domain/kernel/time.hpp"

#include "tests/support/seed.hpp"
#include "tests/support/values.hpp"

#include <gtest/gtest.h>

namespace annals {
namespace {

TEST(Instant, IsWrittenInUtcWithSixDigits) {
    EXPECT_EQ("1970-01-01T00:00:00.000000Z", Instant{0}.to_string());
    EXPECT_EQ("1969-12-31T23:59:59.999999Z", Instant{-1}.to_string());
    EXPECT_EQ("2026-11-21T06:18:00.000000Z", test::instant("2026-11-21T06:18:00Z").to_string());
    EXPECT_EQ("2024-02-29T23:59:59.123400Z", test::instant("2024-02-29T23:59:59.1234Z").to_string());
}

TEST(Instant, UnderstandsOffsets) {
    EXPECT_EQ("2026-03-01T10:00:00.000000Z", test::instant("2026-03-01T12:00:00+02:00").to_string());
    EXPECT_EQ("2026-03-02T01:30:00.000000Z", test::instant("2026-03-01T20:00:00-05:30").to_string());
    EXPECT_EQ(test::instant("2026-03-01T12:00:00Z"), test::instant("2026-03-01t12:00:00z"));
}

TEST(Instant, RefusesWhatRfc3339DoesNotAllow) {
    for (const char* bad : {
             "",
             "2026-03-01",
             "2026-03-01 12:00:00Z",
             "2026-03-01T12:00Z",
             "2026-03-01T12:00:00",
             "2026-3-01T12:00:00Z",
             "2026-02-30T12:00:00Z",
             "2025-02-29T12:00:00Z",
             "2026-13-01T12:00:00Z",
             "2026-00-01T12:00:00Z",
             "2026-03-01T24:00:00Z",
             "2026-03-01T12:60:00Z",
             "2026-03-01T12:00:60Z",
             "2026-03-01T12:00:00.Z",
             "2026-03-01T12:00:00.1234567Z",
             "2026-03-01T12:00:00+2:00",
             "2026-03-01T12:00:00+24:00",
             "2026-03-01T12:00:00+02:60",
             "2026-03-01T12:00:00ZZ",
             "0000-01-01T00:00:00Z",
             "10000-01-01T00:00:00Z",
         }) {
        EXPECT_FALSE(Instant::parse(bad)) << bad;
    }
}

TEST(Instant, ComesBackAsItWasWrittenAndSortsAsItsText) {
    test::Seeded chance;
    constexpr std::int64_t kYear1 = -62'135'596'800;
    constexpr std::int64_t kYear9999 = 253'402'300'799;
    Instant before{kYear1 * kMicrosPerSecond};
    for (int i = 0; i < 2'000; ++i) {
        const Instant at{chance.number(kYear1, kYear9999) * kMicrosPerSecond + chance.number(0, 999'999)};
        ASSERT_EQ(at, Instant::parse(at.to_string())) << at.to_string();
        ASSERT_EQ(at < before, at.to_string() < before.to_string());
        before = at;
    }
}

TEST(Date, ReadsDaysThatExist) {
    EXPECT_EQ((Date{2024, 2, 29}), Date::parse("2024-02-29"));
    EXPECT_EQ("0001-01-01", test::date("0001-01-01").to_string());
    for (const char* bad :
         {"", "2023-02-29", "1900-02-29", "2024-04-31", "2024-1-1", "2024-01-01Z", "24-01-01"}) {
        EXPECT_FALSE(Date::parse(bad)) << bad;
    }
}

}  // namespace
}  // namespace annals
