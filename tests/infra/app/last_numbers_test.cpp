#include "infra/app/last_numbers.hpp"

#include "tests/support/values.hpp"

#include <cstdint>
#include <cstring>
#include <functional>
#include <gtest/gtest.h>
#include <random>
#include <set>
#include <unordered_map>
#include <vector>

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

Uuid uuid_of(std::uint64_t head, std::uint64_t tail) {
    Uuid id;
    std::memcpy(id.bytes.data(), &head, sizeof head);
    std::memcpy(id.bytes.data() + sizeof head, &tail, sizeof tail);
    return id;
}

TEST(RandomOrder, SpreadsIdsThatWereChosenToMeet) {
    constexpr std::uint64_t kIds = 1024;
    // Modulo 2^64 the inverse of what a table may multiply by: the products are 0, 1, 2, ...
    constexpr std::uint64_t kInverseOfGoldenRatio = 0xF1DE83E19937733DULL;
    static_assert(kInverseOfGoldenRatio * 0x9E3779B97F4A7C15ULL == 1);
    const std::vector<std::function<Uuid(std::uint64_t)>> choices{
        [](std::uint64_t i) { return uuid_of(i, 7); },
        [](std::uint64_t i) { return uuid_of(i << 54U, 7); },
        [](std::uint64_t i) { return uuid_of(7, i); },
        [](std::uint64_t i) { return uuid_of(7, i << 54U); },
        [](std::uint64_t i) { return uuid_of(7, i * kInverseOfGoldenRatio); },
    };
    std::mt19937_64 seeds(2026);
    for (int run = 0; run < 20; ++run) {
        const RandomOrder order(seeds(), seeds());
        for (std::size_t choice = 0; choice < choices.size(); ++choice) {
            std::set<std::uint64_t> places;
            for (std::uint64_t i = 0; i < kIds; ++i) places.insert(order(choices[choice](i)) >> 54U);
            // By chance 647 of 1024 places are taken; one after the other would be two or three.
            EXPECT_GT(places.size(), kIds / 4) << "choice " << choice << " of run " << run;
        }
    }
}

TEST(RandomOrder, IsAnotherOneEachTime) {
    EXPECT_NE(RandomOrder()(test::uuid(1)), RandomOrder()(test::uuid(1)));
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
