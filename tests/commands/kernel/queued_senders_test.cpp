#include "tests/commands/kernel/queued_jobs.hpp"

#include <vector>

namespace annals {
namespace {

using namespace test;
using std::chrono::milliseconds;
using Verdict = JobQueue::Verdict;

/// Those who send commands to realms that need not be theirs.
class QueuedSenders : public JobQueueTest {
protected:
    /// A job that names another realm than its sender's.
    static CommandJob job_from(std::uint64_t sender, std::uint64_t named) {
        CommandJob sent = job(named);
        sent.requests.front().sender = realm(sender);
        return sent;
    }
    /// The realms that the jobs of one sender name, in their order.
    static std::vector<TenantId> named_by(std::uint64_t sender, const std::deque<CommandJob>& jobs) {
        std::vector<TenantId> named;
        for (const CommandJob& each : jobs) {
            const CommandRequest& request = each.requests.front();
            if (request.line() == realm(sender)) named.push_back(request.realm);
        }
        return named;
    }
};

TEST_F(QueuedSenders, WhoNameManyRealmsHaveOneLineAndOneShareEach) {
    for (std::uint64_t named = 1000; named < 1000 + limits.queue_realm_max; ++named)
        ASSERT_EQ(Verdict::taken, push(job_from(1, named)));
    EXPECT_EQ(Verdict::realm_full, push(job_from(1, 2000)));
    EXPECT_EQ(Verdict::realm_full, queue.would_take(realm(1)));
    push_all(2, 6);
    push_all(1000, 3);
    EXPECT_EQ(
        (std::map<TenantId, std::size_t>{{realm(1), 4}, {realm(2), 4}, {realm(1000), 3}}),
        shares(queue.take())
    ) << "a realm that the sender names waits in a line of its own";
    EXPECT_EQ((std::map<TenantId, std::size_t>{{realm(1), 4}, {realm(2), 2}}), shares(queue.take()));
}

TEST_F(QueuedSenders, WhoNameManyRealmsLeaveTheOthersTheirPartOfTheShortQueue) {
    limits.queue_overloaded = 8;
    limits.overloaded_ms = 3'600'000;
    JobQueue overloaded(limits);
    const auto push_one = [&](CommandJob next) { return overloaded.push(next); };
    for (int i = 0; i < 4; ++i) ASSERT_EQ(Verdict::taken, push_one(job(1, 1, milliseconds(2000)))) << i;
    ASSERT_EQ(Verdict::realm_slow, push_one(job(1)));
    ASSERT_FALSE(overloaded.stops_within(milliseconds(100)));
    ASSERT_EQ(Verdict::realm_slow, push_one(job(1)));
    (void)overloaded.take();
    for (std::uint64_t named = 1000; named < 1008; ++named)
        ASSERT_EQ(Verdict::taken, push_one(job_from(1, named)));
    for (std::uint64_t named = 1008; named < 1100; ++named)
        ASSERT_EQ(Verdict::realm_slow, push_one(job_from(1, named)));
    for (int i = 0; i < 4; ++i) EXPECT_EQ(Verdict::taken, push_one(job(2))) << i << ": half of the room";
    EXPECT_EQ(Verdict::realm_slow, push_one(job(2)));
}

TEST_F(QueuedSenders, AddToABatchWhatNamesWantedRealmsAndKeepTheirOrder) {
    limits.batch_heavy_share = 1;
    JobQueue mixed(limits);
    const auto push_one = [&](CommandJob next) { ASSERT_EQ(Verdict::taken, mixed.push(next)); };
    const auto wanted = [](TenantId named) { return named != realm(9); };
    push_one(job(2));
    std::deque<CommandJob> batch = mixed.take();
    for (const std::uint64_t named : {5U, 6U, 9U, 5U}) push_one(job_from(1, named));
    push_one(job_from(3, 9));
    mixed.take_more(batch, wanted);
    EXPECT_EQ((std::vector{realm(5), realm(6)}), named_by(1, batch));
    EXPECT_EQ(3U, batch.size());
    mixed.take_more(batch, wanted);
    EXPECT_EQ(3U, batch.size()) << "the order within a line is kept";
    push_one(job_from(1, 7));
    push_one(job_from(1, 8));
    push_one(job(2));
    const auto next = mixed.take();
    EXPECT_EQ((std::vector{realm(9), realm(5), realm(7), realm(8)}), named_by(1, next))
        << "what was not wanted did not count as much that waits: it has its whole share";
    EXPECT_EQ(6U, next.size());
    EXPECT_EQ(0U, mixed.size());
}

}  // namespace
}  // namespace annals
