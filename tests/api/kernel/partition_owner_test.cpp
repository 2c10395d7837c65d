#include "api/kernel/partition_owner.hpp"

#include <algorithm>
#include <gtest/gtest.h>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace annals::api {
namespace {

constexpr std::uint16_t kMany = 256;
constexpr std::size_t kAll = 256;

std::vector<std::string> members(int count) {
    std::vector<std::string> names;
    for (int i = 0; i < count; ++i) names.push_back("host:" + std::to_string(100 + i) + ":0a0b0c0d");
    return names;
}

std::vector<std::string> owners(const std::vector<std::string>& names, std::size_t deciders = kAll) {
    std::vector<std::string> owners;
    for (std::uint16_t partition = 0; partition < kMany; ++partition)
        owners.push_back(names[partition_owner(partition, names, deciders).value()]);
    return owners;
}

TEST(PartitionOwner, IsNobodyWithoutMembersAndTheOnlyOneAlone) {
    EXPECT_EQ(partition_owner(0, {}, 1), std::nullopt);
    EXPECT_EQ(partition_owner(7, members(1), 1), 0U);
}

TEST(PartitionOwner, IsTheSameWhateverTheOrderOfTheMembers) {
    std::vector<std::string> names = members(5);
    const auto before = owners(names);
    std::ranges::reverse(names);
    EXPECT_EQ(owners(names), before);
    std::ranges::rotate(names, names.begin() + 2);
    EXPECT_EQ(owners(names), before);
    const auto of_two = owners(names, 2);
    std::ranges::reverse(names);
    EXPECT_EQ(owners(names, 2), of_two);
}

TEST(PartitionOwner, SpreadsEvenly) {
    for (const int count : {2, 3, 8}) {
        std::map<std::string, int> owned;
        for (const std::string& owner : owners(members(count))) ++owned[owner];
        EXPECT_EQ(owned.size(), static_cast<std::size_t>(count));
        for (const auto& [name, partitions] : owned) {
            // Four standard deviations of a binomial distribution at most.
            EXPECT_GT(partitions, kMany / count / 2) << name << " of " << count;
            EXPECT_LT(partitions, kMany / count * 2) << name << " of " << count;
        }
    }
}

TEST(PartitionOwner, IsOneOfAsManyAsShallDecide) {
    const auto count = [](int all, std::size_t deciders) {
        const auto owned = owners(members(all), deciders);
        return std::set(owned.begin(), owned.end()).size();
    };
    EXPECT_EQ(count(5, 1), 1U);
    EXPECT_EQ(count(5, 2), 2U);
    EXPECT_EQ(count(2, 3), 2U);
    // Who decides alone is now the first, now the second of two, and stays when one of the others goes.
    const auto many = members(24);
    std::set<bool> first;
    for (std::size_t i = 0; i + 1 < many.size(); ++i)
        first.insert(owners({many[i], many[i + 1]}, 1).front() == many[i]);
    EXPECT_EQ(first.size(), 2U);
    auto names = members(5);
    const std::string decider = owners(names, 1).front();
    std::erase(names, names.front() == decider ? names.back() : names.front());
    EXPECT_EQ(owners(names, 1).front(), decider);
}

TEST(PartitionOwner, OnlyChangesWhereAMemberComesOrGoes) {
    const auto three = owners(members(3));
    const auto four = owners(members(4));
    const std::string newcomer = members(4).back();
    int moved = 0;
    for (std::size_t i = 0; i < kMany; ++i) {
        if (three[i] == four[i]) continue;
        EXPECT_EQ(four[i], newcomer) << "partition " << i << " went from one survivor to another";
        ++moved;
    }
    EXPECT_GT(moved, 0);
}

}  // namespace
}  // namespace annals::api
