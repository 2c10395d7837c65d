#include "infra/projector/lease_keeper.hpp"

#include "infra/crypto/random.hpp"
#include "infra/postgres/heartbeat.hpp"
#include "infra/postgres/pg_errors.hpp"
#include "infra/projector/lease_plan.hpp"
#include "infra/runtime/log.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <mutex>
#include <unistd.h>
#include <utility>

namespace annals::projector {
namespace {

/// The name is shown in session names of at most 63 bytes.
constexpr std::size_t kHostLengthMax = 20;

std::string join(const std::set<std::uint16_t>& partitions) {
    return fmt::format("{}", fmt::join(partitions, ","));
}

}  // namespace

std::string make_member_name() {
    std::array<char, 256> host{};
    if (::gethostname(host.data(), host.size() - 1) != 0) host = {"host"};
    std::string name = std::string(host.data()).substr(0, kHostLengthMax);
    // It stands in SQL text and in lists of sessions.
    std::ranges::replace_if(
        name, [](char c) { return ::isalnum(static_cast<unsigned char>(c)) == 0 && c != '-' && c != '.'; },
        '-'
    );
    std::array<std::uint8_t, 4> random{};
    crypto::random_bytes(random);
    return fmt::format("{}:{}:{:02x}", name, ::getpid(), fmt::join(random, ""));
}

struct LeaseKeeper::Impl {
    Impl(std::string dsn, std::string name)
        : member(std::move(name)), leases(std::move(dsn), member), heartbeat(parts()) {}

    pg::Heartbeat::Parts parts();
    void beat();
    void publish(std::vector<PartitionLease> mine, const LeasePlan& plan);
    std::vector<PartitionLease> taken(const LeasePlan& plan, const pg::LeaseView& view);

    const std::string member;
    pg::PartitionLeases leases;
    std::function<void()> changed;

    mutable std::mutex mutex;
    LeasesHeld held;
    std::set<std::uint16_t> given_up;
    pg::Heartbeat heartbeat;
};

pg::Heartbeat::Parts LeaseKeeper::Impl::parts() {
    return {
        .thread_name = "leases",
        .interval = kHeartbeat,
        .beat = [this] { beat(); },
        .wait = [this](int wake_fd, std::chrono::milliseconds how_long) { leases.wait(wake_fd, how_long); },
        .drop = [this] { leases.drop(); },
        .leave = [this] { leases.leave(); },
        .failed =
            [this](const pg::PgError& error) {
                runtime::log(
                    runtime::Level::warning, "PROJ-41c8", "the partitions' leases could not be renewed",
                    {{"member", member}, {"error", error.what()}}
                );
            },
        .stayed =
            [this](const pg::PgError& error) {
                runtime::log(
                    runtime::Level::info, "PROJ-e8a2", "the leases could not be given back and will expire",
                    {{"member", member}, {"error", error.what()}}
                );
            },
    };
}

void LeaseKeeper::Impl::beat() {
    std::set<std::uint16_t> releases;
    {
        const std::scoped_lock lock(mutex);
        releases = given_up;
    }
    const std::vector<std::uint16_t> list(releases.begin(), releases.end());
    const pg::LeaseView view = leases.beat(list);
    {
        const std::scoped_lock lock(mutex);
        for (const std::uint16_t partition : list) {
            given_up.erase(partition);
            held.give_up.erase(partition);
        }
    }
    const LeasePlan plan = plan_leases(member, view.living, view.leases);
    std::vector<PartitionLease> mine;
    for (const pg::LeaseRow& row : view.leases) {
        if (row.owner == member) mine.push_back({row.partition, row.epoch});
    }
    if (!plan.take.empty()) std::ranges::move(taken(plan, view), std::back_inserter(mine));
    publish(std::move(mine), plan);
}

std::vector<PartitionLease> LeaseKeeper::Impl::taken(const LeasePlan& plan, const pg::LeaseView& view) {
    std::set<std::string> former;
    for (const pg::LeaseRow& row : plan.take) {
        if (!row.owner.empty()) former.insert(row.owner);
    }
    std::vector<PartitionLease> took = leases.take(plan.take, view.living);
    std::set<std::uint16_t> numbers;
    for (const PartitionLease& lease : took) numbers.insert(lease.partition);
    runtime::log(
        runtime::Level::info, "PROJ-9b17", "partitions taken",
        {{"member", member},
         {"partitions", join(numbers)},
         {"from", fmt::format("{}", fmt::join(former, ","))}}
    );
    return took;
}

void LeaseKeeper::Impl::publish(std::vector<PartitionLease> mine, const LeasePlan& plan) {
    std::ranges::sort(mine, {}, &PartitionLease::partition);
    std::set<std::uint16_t> give_up(plan.give_up.begin(), plan.give_up.end());
    std::erase_if(mine, [&](const PartitionLease& lease) { return give_up.contains(lease.partition); });
    {
        const std::scoped_lock lock(mutex);
        if (std::ranges::equal(mine, held.leases) && give_up == held.give_up) return;
        held.leases = std::move(mine);
        held.give_up = std::move(give_up);
        ++held.revision;
    }
    changed();
}

LeaseKeeper::LeaseKeeper(std::string dsn, std::string member)
    : impl_(std::make_unique<Impl>(std::move(dsn), std::move(member))) {}

LeaseKeeper::~LeaseKeeper() {
    stop();
}

void LeaseKeeper::start(std::function<void()> changed) {
    impl_->changed = std::move(changed);
    impl_->heartbeat.start();
}

void LeaseKeeper::stop() {
    impl_->heartbeat.stop();
}

LeasesHeld LeaseKeeper::held() const {
    const std::scoped_lock lock(impl_->mutex);
    return impl_->held;
}

const std::string& LeaseKeeper::member() const {
    return impl_->member;
}

void LeaseKeeper::given_up(const std::set<std::uint16_t>& partitions) {
    {
        const std::scoped_lock lock(impl_->mutex);
        impl_->given_up.insert(partitions.begin(), partitions.end());
    }
    impl_->heartbeat.look();
}

void LeaseKeeper::look() {
    impl_->heartbeat.look();
}

}  // namespace annals::projector
