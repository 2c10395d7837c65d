#include "infra/projector/lease_plan.hpp"

#include <algorithm>
#include <map>

namespace annals::projector {
namespace {

struct Share {
    std::string member;
    std::size_t holds{0};
    std::size_t quota{0};
};

/// Those that hold most come first and get what does not divide evenly.
std::vector<Share> shares_of(
    const std::string& self, std::span<const std::string> living, std::span<const pg::LeaseRow> leases
) {
    std::map<std::string, std::size_t> holds{{self, 0}};
    for (const std::string& member : living) holds.emplace(member, 0);
    for (const pg::LeaseRow& lease : leases) {
        if (const auto found = holds.find(lease.owner); found != holds.end()) ++found->second;
    }
    std::vector<Share> shares;
    for (const auto& [member, count] : holds) shares.push_back({member, count, 0});
    const auto before = [](const Share& a, const Share& b) {
        return a.holds != b.holds ? a.holds > b.holds : a.member < b.member;
    };
    std::ranges::sort(shares, before);
    const std::size_t least = leases.size() / shares.size();
    const std::size_t more = leases.size() % shares.size();
    for (std::size_t i = 0; i < shares.size(); ++i) shares[i].quota = least + (i < more ? 1 : 0);
    return shares;
}

}  // namespace

LeasePlan plan_leases(
    const std::string& self, std::span<const std::string> living, std::span<const pg::LeaseRow> leases
) {
    const std::vector<Share> shares = shares_of(self, living, leases);
    const auto lives = [&](const std::string& owner) {
        return std::ranges::find(shares, owner, &Share::member) != shares.end();
    };
    std::vector<pg::LeaseRow> free;
    std::vector<std::uint16_t> mine;
    for (const pg::LeaseRow& lease : leases) {
        if (lease.owner == self) {
            mine.push_back(lease.partition);
        } else if (!lives(lease.owner)) {
            free.push_back(lease);
        }
    }
    LeasePlan plan;
    std::size_t next = 0;
    for (const Share& share : shares) {
        const std::size_t wanted = share.quota - std::min(share.quota, share.holds);
        const std::size_t until = std::min(next + wanted, free.size());
        if (share.member == self) {
            for (; next < until; ++next) plan.take.push_back(free[next]);
            for (std::size_t i = share.quota; i < mine.size(); ++i) plan.give_up.push_back(mine[i]);
        }
        next = until;
    }
    return plan;
}

}  // namespace annals::projector
