#include "api/kernel/partition_owner.hpp"

#include <algorithm>
#include <gtest/gtest.h>
#include <map>
#include <string>
#include <vector>

namespace annals::api {
namespace {

constexpr std::uint16_t kMany = 256;

std::vector<std::string> members(int count) {
    std::vector<std::string> names;
    for (int i = 0; i < count; ++i) names.push_back("host:" + std::to_string(100 + i) + ":0a0b0c0d");
    return names;
}

std::vector<std::string> owners(const std::vector<std::string>& names) {
    std::vector<std::string> owners;
    for (std::uint16_t partition = 0; partition < kMany; ++partition)
        owners.push_back(names[partition_owner(partition, names).value()]);
    return owners;
}

TEST(PartitionOwner, IsNobodyWithoutMembersAndTheOnlyOneAlone) {
    EXPECT_EQ(partition_owner(0, {}), std::nullopt);
    EXPECT_EQ(partition_owner(7, members(1)), 0U);
}

TEST(PartitionOwner, IsTheSameWhateverTheOrderOfTheMembers) {
    std::vector<std::string> names = members(5);
    const auto before = owners(names);
    std::ranges::reverse(names);
    EXPECT_EQ(owners(names), before);
    std::ranges::rotate(names, names.begin() + 2);
    EXPECT_EQ(owners(names), before);
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
