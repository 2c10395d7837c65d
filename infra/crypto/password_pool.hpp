#pragma once

#include "infra/runtime/worker_pool.hpp"

#include <cstddef>
#include <functional>

namespace annals::crypto {

/// Where passwords are hashed and verified. Two threads at most and a short queue: hashing is slow on
/// purpose, and without a bound a burst of logins would take all CPU from everything else. Any thread may
/// submit.
class PasswordPool {
public:
    static constexpr std::size_t kThreadsMax = 2;
    /// At about 80 hashes a second a full queue is worth under one second of waiting.
    static constexpr std::size_t kQueuedMax = 64;

    /// `threads` is cut to 1..kThreadsMax.
    explicit PasswordPool(std::size_t threads = kThreadsMax);

    /// False when the queue is full or the pool stops: answer 503 with Retry-After.
    [[nodiscard]] bool submit(std::move_only_function<void()> job) {
        return workers_.try_submit(std::move(job));
    }
    /// Runs what is queued, then ends the threads. The destructor does the same.
    void stop();

private:
    runtime::WorkerPool workers_;
};

}  // namespace annals::crypto
