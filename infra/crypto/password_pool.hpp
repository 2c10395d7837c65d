#pragma once

#include "infra/runtime/worker_pool.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <thread>

namespace annals::crypto {

/// Where passwords are hashed and verified. Threads for half of the processors at most and a short queue:
/// hashing is slow on purpose, and without a bound a burst of logins would take all CPU from everything else.
/// While processors are short its threads give way to all others. Any thread may submit.
class PasswordPool {
public:
    static constexpr std::size_t kThreadsMax = 4;
    /// At about 60 hashes a second and thread a full queue is worth under one second of waiting. Whoever
    /// waits longer on a slower machine is told so.
    static constexpr std::size_t kQueuedMax = 48;
    static constexpr std::chrono::milliseconds kGiveUpAfter{900};

    /// `threads` is cut to 1..kThreadsMax.
    explicit PasswordPool(std::size_t threads = std::thread::hardware_concurrency() / 2);

    /// False when the queue is full or the pool stops: answer 503 with Retry-After. Otherwise either `job`
    /// runs, or `give_up`, if there is one, when no thread came to it in time.
    [[nodiscard]] bool submit(
        std::move_only_function<void()> job, std::move_only_function<void()> give_up = {}
    ) {
        return workers_.try_submit(std::move(job), std::move(give_up));
    }
    /// Runs what is queued, then ends the threads. The destructor does the same.
    void stop();

private:
    runtime::WorkerPool workers_;
};

}  // namespace annals::crypto
