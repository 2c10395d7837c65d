#include "infra/projector/lease_plan.hpp"

#include "tests/support/seed.hpp"

#include <algorithm>
#include <gtest/gtest.h>
#include <map>

namespace annals::projector {
namespace {

using Members = std::vector<std::string>;

std::vector<pg::LeaseRow> leases_of(const std::vector<std::string>& owners) {
    std::vector<pg::LeaseRow> leases;
    for (std::size_t i = 0; i < owners.size(); ++i) {
        leases.push_back({static_cast<std::uint16_t>(i), 1, owners[i]});
    }
    return leases;
}

std::map<std::string, std::size_t> count(const Members& living, const std::vector<pg::LeaseRow>& leases) {
    std::map<std::string, std::size_t> counts;
    for (const std::string& member : living) counts[member] = 0;
    for (const pg::LeaseRow& lease : leases) ++counts[lease.owner];
    return counts;
}

/// Every living member acts on what it sees, one after another, until nobody wants anything. Answers how
/// many partitions changed their owner.
std::size_t settle(const Members& living, std::vector<pg::LeaseRow>& leases) {
    const std::vector<pg::LeaseRow> before = leases;
    for (bool moved = true; moved;) {
        moved = false;
        for (const std::string& self : living) {
            const LeasePlan plan = plan_leases(self, living, leases);
            for (const pg::LeaseRow& row : plan.take) leases[row.partition].owner = self;
            for (const std::uint16_t partition : plan.give_up) leases[partition].owner.clear();
            moved |= !plan.take.empty() || !plan.give_up.empty();
        }
    }
    std::size_t changes = 0;
    for (std::size_t i = 0; i < leases.size(); ++i) changes += leases[i].owner != before[i].owner ? 1 : 0;
    return changes;
}

TEST(LeasePlan, TakesEverythingWhenAlone) {
    const auto plan = plan_leases("a", Members{"a"}, leases_of({"", "dead", "a"}));
    ASSERT_EQ(plan.take.size(), 2U);
    EXPECT_EQ(plan.take[1].owner, "dead");
    EXPECT_TRUE(plan.give_up.empty());
}

TEST(LeasePlan, CountsItselfAsLivingEvenBeforeItIsListed) {
    EXPECT_EQ(plan_leases("a", Members{}, leases_of({"", ""})).take.size(), 2U);
    EXPECT_EQ(plan_leases("b", Members{"a"}, leases_of({"", ""})).take.size(), 1U);
}

TEST(LeasePlan, GivesUpHalfToASecondAndNothingMore) {
    const auto leases = leases_of({"a", "a", "a", "a", "a", "a", "a", "a"});
    EXPECT_EQ(plan_leases("a", Members{"a", "b"}, leases).give_up, (std::vector<std::uint16_t>{4, 5, 6, 7}));
    EXPECT_TRUE(plan_leases("b", Members{"a", "b"}, leases).take.empty());
}

TEST(LeasePlan, LetsTwoThatSeeTheSameTakeDifferentPartitions) {
    const auto leases = leases_of({"", "", "", "", ""});
    const auto a = plan_leases("a", Members{"a", "b"}, leases).take;
    const auto b = plan_leases("b", Members{"a", "b"}, leases).take;
    EXPECT_EQ(a.size(), 3U);
    EXPECT_EQ(b.size(), 2U);
    for (const pg::LeaseRow& row : a) {
        EXPECT_EQ(std::ranges::find(b, row.partition, &pg::LeaseRow::partition), b.end());
    }
}

TEST(LeasePlan, LeavesAMemberWithoutAnyWhenThereAreMoreMembersThanPartitions) {
    auto leases = leases_of({"", ""});
    const Members living{"a", "b", "c"};
    (void)settle(living, leases);
    EXPECT_EQ(count(living, leases)["c"], 0U);
    EXPECT_EQ(settle(living, leases), 0U);
}

TEST(LeasePlan, SpreadsEvenlyAndMovesNoMoreThanItMustHoweverMembersComeAndGo) {
    test::Seeded seeded;
    for (int round = 0; round < 200; ++round) {
        const auto partitions = static_cast<std::size_t>(seeded.number(1, 40));
        auto leases = leases_of(std::vector<std::string>(partitions));
        Members living;
        for (int step = 0; step < 12; ++step) {
            if (living.size() > 1 && seeded.coin()) {
                std::erase(living, std::string(seeded.one_of(living)));
            } else {
                living.push_back("m" + std::to_string(seeded.number(0, 1'000'000'000)));
            }
            const auto before = count(living, leases);
            std::size_t due = 0;  // what has to move to members that hold too little
            const std::size_t least = partitions / living.size();
            for (const std::string& member : living) due += least - std::min(least, before.at(member));
            const std::size_t moved = settle(living, leases);
            std::size_t free = partitions;
            for (const std::string& member : living) free -= before.at(member);
            const auto after = count(living, leases);
            for (const std::string& member : living) {
                EXPECT_GE(after.at(member), least);
                EXPECT_LE(after.at(member), (partitions + living.size() - 1) / living.size());
            }
            EXPECT_LE(moved, std::max(due, free) + living.size());
            EXPECT_EQ(settle(living, leases), 0U) << "an even spread must stay";
        }
    }
}

}  // namespace
}  // namespace annals::projector
