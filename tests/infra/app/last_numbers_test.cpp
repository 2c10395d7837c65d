#include "infra/app/last_numbers.hpp"

#include "tests/support/values.hpp"

#include <cstdint>
#include <gtest/gtest.h>
#include <unordered_map>

namespace annals::app {
namespace {

constexpr std::uint64_t kLargest = UINT64_MAX;

TEST(LastNumbers, AnswersWhatAMapWould) {
    LastNumbers numbers;
    std::unordered_map<Uuid, std::uint64_t> expected;
    // More than twenty times what a fresh table holds, each id several times.
    for (std::uint64_t round = 1; round <= 3; ++round) {
        for (std::uint64_t i = 0; i < 20'000; ++i) {
            const Uuid id = test::uuid(i * round);
            numbers.prefetch(id);
            ASSERT_EQ(numbers.exchange(id, round + i), expected[id]) << "round " << round << ", id " << i;
            expected[id] = round + i;
        }
    }
}

TEST(LastNumbers, TellsIdsApartThatDifferAnywhere) {
    LastNumbers numbers;
    for (std::size_t byte = 0; byte < 16; ++byte) {
        Uuid id;
        id.bytes[byte] = 1;
        EXPECT_EQ(numbers.exchange(id, byte + 1), 0U) << byte;
    }
    EXPECT_EQ(numbers.exchange(Uuid{}, 99), 0U);
    for (std::size_t byte = 0; byte < 16; ++byte) {
        Uuid id;
        id.bytes[byte] = 1;
        EXPECT_EQ(numbers.exchange(id, 0), byte + 1) << byte;
    }
    EXPECT_EQ(numbers.exchange(Uuid{}, 1), 99U);
}

TEST(LastNumbers, KeepsAnIdWhoseNumberIsOneThatNoLogHas) {
    LastNumbers numbers;
    const Uuid first = test::uuid(1);
    EXPECT_EQ(numbers.exchange(first, 0), 0U);
    EXPECT_EQ(numbers.exchange(first, kLargest), 0U);
    EXPECT_NE(numbers.exchange(first, 5), 4U) << "nothing follows the largest number";
    EXPECT_EQ(numbers.exchange(first, 6), 5U);
}

}  // namespace
}  // namespace annals::app
