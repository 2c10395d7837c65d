#include "infra/crypto/random.hpp"

#include "infra/crypto/system_cryptography.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <gtest/gtest.h>
#include <mutex>
#include <set>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace annals::crypto {
namespace {

std::uint64_t milliseconds_of(const Uuid& id) {
    std::uint64_t ms = 0;
    for (std::size_t i = 0; i < 6; ++i) ms = ms << 8U | id.bytes[i];
    return ms;
}

TEST(Random, FillsSpansOfEveryLength) {
    for (const std::size_t length : {1UL, 16UL, 63UL, 64UL, 65UL, 4096UL, 100'000UL}) {
        std::vector<std::uint8_t> bytes(length);
        // A byte that stays zero forty times over was not written.
        std::vector<bool> touched(length);
        for (int round = 0; round < 40; ++round) {
            random_bytes(bytes);
            for (std::size_t i = 0; i < length; ++i) touched[i] = touched[i] || bytes[i] != 0;
        }
        EXPECT_TRUE(std::ranges::all_of(touched, [](bool is) { return is; })) << length;
    }
}

TEST(Random, NeverRepeatsAcrossThePool) {
    std::set<std::array<std::uint8_t, 16>> seen;
    for (int i = 0; i < 20'000; ++i) {
        std::array<std::uint8_t, 16> bytes{};
        random_bytes(bytes);
        EXPECT_TRUE(seen.insert(bytes).second);
    }
}

TEST(Random, GivesParentAndChildOfAForkDifferentBytes) {
    std::array<std::uint8_t, 16> bytes{};
    random_bytes(bytes);  // the pool is filled before the fork
    int channel[2];
    ASSERT_EQ(pipe(channel), 0);
    const auto child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
        random_bytes(bytes);
        const bool sent = write(channel[1], bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size());
        _exit(sent ? 0 : 1);
    }
    std::array<std::uint8_t, 16> of_child{};
    ASSERT_EQ(read(channel[0], of_child.data(), of_child.size()), static_cast<ssize_t>(of_child.size()));
    ASSERT_EQ(waitpid(child, nullptr, 0), child);
    close(channel[0]);
    close(channel[1]);
    random_bytes(bytes);
    EXPECT_NE(bytes, of_child);
}

TEST(Uuid7, CarriesTimeVersionAndVariant) {
    const auto before = std::chrono::system_clock::now().time_since_epoch() / std::chrono::milliseconds{1};
    const auto id = uuid7();
    const auto after = std::chrono::system_clock::now().time_since_epoch() / std::chrono::milliseconds{1};
    EXPECT_GE(milliseconds_of(id), static_cast<std::uint64_t>(before));
    EXPECT_LE(milliseconds_of(id), static_cast<std::uint64_t>(after) + 1);
    EXPECT_EQ(id.bytes[6] >> 4U, 7);
    EXPECT_EQ(id.bytes[8] >> 6U, 2);
    EXPECT_EQ(Uuid::parse(id.to_string()), id);
}

TEST(Uuid7, RisesStrictlyWithinAThread) {
    auto previous = uuid7();
    for (int i = 0; i < 100'000; ++i) {
        const auto next = uuid7();
        ASSERT_LT(previous, next);
        previous = next;
    }
}

TEST(Uuid7, RisesAlsoWhenTheClockStepsBackOrStands) {
    std::jthread([] {
        constexpr std::uint64_t kStart = 1'800'000'000'000;
        auto previous = uuid7_at(kStart);
        EXPECT_EQ(milliseconds_of(previous), kStart);
        for (int i = 0; i < 20'000; ++i) {
            const auto next = uuid7_at(i % 2 == 0 ? kStart : kStart - 5000);
            ASSERT_LT(previous, next);
            previous = next;
        }
        // 4,096 counter values a millisecond, of which at most half are skipped at its start.
        EXPECT_LE(milliseconds_of(previous), kStart + 20'000 / 2048 + 1);
    }).join();
}

TEST(Uuid7, IsUniqueOverThreads) {
    constexpr std::size_t kPerThread = 20'000;
    std::mutex mutex;
    std::set<Uuid> all;
    {
        std::vector<std::jthread> threads;
        for (int t = 0; t < 4; ++t) {
            threads.emplace_back([&] {
                std::vector<Uuid> mine;
                SystemIdSource source;
                for (std::size_t i = 0; i < kPerThread; ++i) mine.push_back(source.next());
                const std::scoped_lock lock(mutex);
                all.insert(mine.begin(), mine.end());
            });
        }
    }
    EXPECT_EQ(all.size(), 4 * kPerThread);
}

}  // namespace
}  // namespace annals::crypto
