#include "infra/postgres/shared_reads.hpp"

#include "tests/infra/postgres/append_samples.hpp"
#include "tests/support/eventually.hpp"

#include <algorithm>
#include <atomic>
#include <barrier>
#include <chrono>
#include <gtest/gtest.h>
#include <latch>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace annals::pg {
namespace {

constexpr Statement kStatement{"", ""};
const Params kNone;
constexpr std::chrono::seconds kLong{60};

TenantId tenant_of(std::uint64_t number) {
    return TenantId{test::uuid_of(number)};
}

/// Rows cannot be made here, so each read is told apart by the error it gets.
void answer_each(std::span<SharedReads::Read* const> group) {
    for (SharedReads::Read* read : group)
        read->failure = std::make_exception_ptr(std::runtime_error(read->tenant.to_string()));
}

std::string answer_of(SharedReads& reads, std::uint32_t number) {
    SharedReads::Read read(tenant_of(number), kStatement, kNone);
    try {
        if (!reads.read(read)) return "given up";
    } catch (const std::runtime_error& error) {
        return error.what();
    }
    return "no answer";
}

TEST(SharedReads, RunsAReadThatComesAloneAtOnceAndHandsOutItsRows) {
    std::size_t groups = 0;
    SharedReads reads(1, kLong, [&](std::span<SharedReads::Read* const> group) {
        ++groups;
        ASSERT_EQ(1U, group.size());
        group.front()->rows = Rows{};
    });
    for (int i = 0; i < 3; ++i) {
        SharedReads::Read read(tenant_of(1), kStatement, kNone);
        const auto rows = reads.read(read);
        ASSERT_TRUE(rows);
        EXPECT_TRUE(rows->empty());
    }
    EXPECT_EQ(3U, groups);
    EXPECT_EQ(0U, reads.waiting());
}

TEST(SharedReads, RunsTogetherWhatCameMeanwhileInItsOrderAndNoMoreThanTheLimit) {
    std::latch go(1);
    std::atomic<bool> under_way{false};
    std::vector<std::vector<TenantId>> groups;
    SharedReads reads(1, kLong, [&](std::span<SharedReads::Read* const> group) {
        std::vector<TenantId>& of = groups.emplace_back();
        for (const SharedReads::Read* read : group) of.push_back(read->tenant);
        under_way = true;
        go.wait();
        answer_each(group);
    });
    constexpr std::uint32_t kReads = kSharedReadsMax + 5;
    std::vector<std::string> answers(kReads);
    std::vector<std::jthread> threads;
    for (std::uint32_t i = 0; i < kReads; ++i) {
        threads.emplace_back([&, i] { answers[i] = answer_of(reads, i); });
        // The first is under way, so each of the others is seen to wait before the next comes.
        ASSERT_TRUE(test::eventually([&] { return under_way && reads.waiting() == i; }));
    }
    go.count_down();
    threads.clear();
    ASSERT_EQ(3U, groups.size());
    EXPECT_EQ(1U, groups[0].size());
    EXPECT_EQ(kSharedReadsMax, groups[1].size());
    EXPECT_EQ(4U, groups[2].size());
    for (std::uint32_t i = 0; i < kReads; ++i) EXPECT_EQ(tenant_of(i).to_string(), answers[i]);
}

TEST(SharedReads, AnswersEachReadOfManyThreadsOnceAndNeverRunsMoreGroupsThanAllowed) {
    constexpr std::size_t kGroups = 2;
    constexpr std::uint32_t kThreads = 8;
    constexpr std::uint32_t kReadsEach = 2'000;
    std::atomic<std::size_t> under_way{0};
    std::atomic<std::size_t> most{0};
    std::atomic<std::size_t> run{0};
    std::atomic<bool> meet{false};
    std::barrier both(kGroups);
    SharedReads reads(kGroups, kLong, [&](std::span<SharedReads::Read* const> group) {
        const std::size_t now = ++under_way;
        if (meet) both.arrive_and_wait();
        std::size_t before = most;
        while (before < now && !most.compare_exchange_weak(before, now)) {
        }
        run += group.size();
        answer_each(group);
        --under_way;
    });
    std::atomic<std::size_t> wrong{0};
    {
        std::vector<std::jthread> threads;
        for (std::uint32_t t = 0; t < kThreads; ++t) {
            threads.emplace_back([&, t] {
                for (std::uint32_t i = 0; i < kReadsEach; ++i) {
                    const std::uint32_t number = t * kReadsEach + i;
                    if (answer_of(reads, number) != tenant_of(number).to_string()) ++wrong;
                }
            });
        }
    }
    EXPECT_EQ(0U, wrong);
    EXPECT_EQ(std::size_t{kThreads} * kReadsEach, run);
    EXPECT_LE(most, kGroups);
    EXPECT_EQ(0U, reads.waiting());
    // All groups that were allowed before are allowed still: each waits until both are under way.
    meet = true;
    std::jthread one([&] { EXPECT_EQ(tenant_of(1).to_string(), answer_of(reads, 1)); });
    EXPECT_EQ(tenant_of(2).to_string(), answer_of(reads, 2));
}

TEST(SharedReads, GivesUpAReadThatNoGroupTakesInTimeAndGoesOn) {
    std::latch go(1);
    std::atomic<bool> under_way{false};
    SharedReads reads(1, std::chrono::milliseconds(20), [&](std::span<SharedReads::Read* const> group) {
        under_way = true;
        go.wait();
        answer_each(group);
    });
    std::string first;
    std::jthread hung([&] { first = answer_of(reads, 1); });
    ASSERT_TRUE(test::eventually([&] { return under_way.load(); }));
    EXPECT_EQ("given up", answer_of(reads, 2));
    EXPECT_EQ(0U, reads.waiting());
    go.count_down();
    hung.join();
    EXPECT_EQ(tenant_of(1).to_string(), first);
    EXPECT_EQ(tenant_of(3).to_string(), answer_of(reads, 3));
}

}  // namespace
}  // namespace annals::pg
