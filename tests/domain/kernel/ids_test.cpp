#include "domain/kernel/ids.hpp"

#include "domain/kernel/partitioning.hpp"
#include "tests/support/seed.hpp"
#include "tests/support/values.hpp"

#include <gtest/gtest.h>
#include <set>

namespace annals {
namespace {

TEST(Uuid, ReadsEitherCaseAndWritesLowerCase) {
    const auto id = Uuid::parse("0190A1B2-c3d4-7e5f-8a9b-0c1d2e3f4a5B");
    ASSERT_TRUE(id);
    EXPECT_EQ("0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b", id->to_string());
    EXPECT_EQ(0x01, id->bytes[0]);
    EXPECT_EQ(0x5b, id->bytes[15]);
}

TEST(Uuid, RefusesEverythingButTheCanonicalForm) {
    for (const char* bad : {
             "",
             "0190a1b2",
             "0190a1b2c3d47e5f8a9b0c1d2e3f4a5b",
             "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5",
             "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5bb",
             "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5g",
             "0190a1b2c-3d4-7e5f-8a9b-0c1d2e3f4a5b",
             "{0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5}",
             "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a-b",
             " 190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b",
         }) {
        EXPECT_FALSE(Uuid::parse(bad)) << bad;
    }
}

TEST(Uuid, ComesBackAsItWasWritten) {
    test::Seeded chance;
    for (int i = 0; i < 1'000; ++i) {
        Uuid id;
        for (auto& byte : id.bytes) byte = static_cast<std::uint8_t>(chance.number(0, 255));
        ASSERT_EQ(id, Uuid::parse(id.to_string()));
    }
}

TEST(Uuid, SortsByItsBytesAsItsTextDoes) {
    EXPECT_LT(test::uuid(1), test::uuid(2));
    EXPECT_LT(test::uuid(255).to_string(), test::uuid(256).to_string());
    EXPECT_LT(test::uuid(255), test::uuid(256));
}

TEST(Position, ComesBackAsItWasWritten) {
    const Position position{2, 7, 4711};
    EXPECT_EQ("2-7-4711", position.to_string());
    EXPECT_EQ(position, Position::parse("2-7-4711"));
    EXPECT_EQ((Position{1, 0, UINT64_MAX}), Position::parse("1-0-18446744073709551615"));
}

TEST(Position, HasOneSpelling) {
    for (const char* bad : {
             "",
             "1",
             "1-2",
             "1-2-",
             "-1-2-3",
             "1--2-3",
             "01-2-3",
             "1-02-3",
             "1-2-03",
             "1-2-3 ",
             " 1-2-3",
             "+1-2-3",
             "1-2-3-4",
             "1-70000-3",
             "4294967296-1-1",
             "1-2-18446744073709551616",
             "1-2-x",
         }) {
        EXPECT_FALSE(Position::parse(bad)) << bad;
    }
}

TEST(Partitioning, NeverChangesForARealm) {
    // Stored logs depend on these.
    EXPECT_EQ(2, partition_of(kPlatformRealm, 8));
    EXPECT_EQ(0, partition_of(test::id<TenantId>(1), 1));
}

TEST(Partitioning, SpreadsRealmsOverAllPartitions) {
    std::array<int, 8> realms{};
    for (std::uint64_t i = 0; i < 8'000; ++i) ++realms[partition_of(test::id<TenantId>(i), 8)];
    for (const int count : realms) {
        EXPECT_GT(count, 800);
        EXPECT_LT(count, 1'200);
    }
}

}  // namespace
}  // namespace annals
