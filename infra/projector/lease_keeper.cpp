#include "infra/projector/lease_keeper.hpp"

#include "domain/kernel/thread_name.hpp"
#include "infra/crypto/random.hpp"
#include "infra/postgres/pg_errors.hpp"
#include "infra/projector/lease_plan.hpp"
#include "infra/runtime/log.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <fmt/format.h>
#include <mutex>
#include <poll.h>
#include <sys/eventfd.h>
#include <system_error>
#include <thread>
#include <unistd.h>
#include <utility>

namespace annals::projector {
namespace {

/// Soon enough that a session that ended alone is replaced before the process is taken for dead.
constexpr std::chrono::milliseconds kRetryWait{200};
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
        : member(std::move(name)),
          leases(std::move(dsn), member),
          wake(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
        if (wake < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
    }
    ~Impl() { ::close(wake); }
    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;

    void run();
    void beat();
    void leave();
    void publish(std::vector<PartitionLease> mine, const LeasePlan& plan);
    std::vector<PartitionLease> taken(const LeasePlan& plan, const pg::LeaseView& view);
    void signal() const {
        const std::uint64_t one = 1;
        // It cannot fail: the counter is far from its end.
        [[maybe_unused]] const auto written = ::write(wake, &one, sizeof one);
    }
    void quiet() const {
        std::uint64_t count = 0;
        [[maybe_unused]] const auto read = ::read(wake, &count, sizeof count);
    }

    const std::string member;
    pg::PartitionLeases leases;
    const int wake;
    std::function<void()> changed;

    std::atomic<bool> stopping{false};
    mutable std::mutex mutex;
    LeasesHeld held;
    std::set<std::uint16_t> given_up;
    std::thread thread;
};

void LeaseKeeper::Impl::run() {
    name_this_thread("leases");
    bool away = false;
    while (!stopping) {
        try {
            quiet();
            beat();
            away = false;
            leases.wait(wake, kHeartbeat);
            continue;
        } catch (const pg::PgError& error) {
            if (error.disconnected()) leases.drop();
            if (!std::exchange(away, true)) {
                runtime::log(
                    runtime::Level::warning, "PROJ-41c8", "the partitions' leases could not be renewed",
                    {{"member", member}, {"error", error.what()}}
                );
            }
        }
        pollfd woken{.fd = wake, .events = POLLIN, .revents = 0};
        (void)::poll(&woken, 1, static_cast<int>(kRetryWait.count()));
    }
    leave();
}

void LeaseKeeper::Impl::leave() {
    try {
        leases.leave();
    } catch (const pg::PgError& error) {
        runtime::log(
            runtime::Level::info, "PROJ-e8a2", "the leases could not be given back and will expire",
            {{"member", member}, {"error", error.what()}}
        );
    }
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
    impl_->thread = std::thread([this] { impl_->run(); });
}

void LeaseKeeper::stop() {
    impl_->stopping = true;
    impl_->signal();
    if (impl_->thread.joinable()) impl_->thread.join();
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
    impl_->signal();
}

void LeaseKeeper::look() {
    impl_->signal();
}

}  // namespace annals::projector
