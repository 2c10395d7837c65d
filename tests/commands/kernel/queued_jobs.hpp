#pragma once

#include "commands/kernel/job_queue.hpp"
#include "tests/support/values.hpp"

#include <chrono>
#include <gtest/gtest.h>
#include <map>

namespace annals::test {

/// Jobs that are told apart by the correlation of their first command; nothing is ever decided.
class JobQueueTest : public testing::Test {
protected:
    static TenantId realm(std::uint64_t number) { return TenantId{uuid(number)}; }

    static CommandJob job(std::uint64_t of, std::size_t commands = 1, std::chrono::milliseconds waited = {}) {
        CommandJob job;
        for (std::size_t i = 0; i < commands; ++i) {
            CommandRequest& request = job.requests.emplace_back();
            request.realm = realm(of);
        }
        job.queued_at = JobQueue::Clock::now() - waited;
        return job;
    }
    JobQueue::Verdict push(CommandJob job) { return queue.push(job); }
    void push_all(std::uint64_t of, std::size_t jobs) {
        for (std::size_t i = 0; i < jobs; ++i) {
            CommandJob next = job(of);
            next.requests.front().correlation = uuid(++pushed[of]);
            ASSERT_EQ(JobQueue::Verdict::taken, queue.push(next));
        }
    }
    /// Commands of each line in a batch.
    static std::map<TenantId, std::size_t> shares(const std::deque<CommandJob>& jobs) {
        std::map<TenantId, std::size_t> counts;
        for (const CommandJob& each : jobs) counts[each.requests.front().line()] += each.requests.size();
        return counts;
    }

    CommandLimits limits{
        .queue_max = 1000,
        .queue_realm_max = 100,
        .queue_wait_ms_max = 1000,
        .queue_realm_free = 4,
        .queue_free = 4,
        .batch_commands_max = 16,
        .batch_realm_share = 4,
        .batch_heavy_share = 4,
    };
    JobQueue queue{limits};
    std::map<std::uint64_t, std::uint64_t> pushed;
};

}  // namespace annals::test
