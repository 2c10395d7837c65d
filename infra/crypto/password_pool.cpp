#include "infra/crypto/password_pool.hpp"

#include <algorithm>

namespace annals::crypto {

PasswordPool::PasswordPool(std::size_t threads)
    : workers_(
          "password", std::clamp<std::size_t>(threads, 1, kThreadsMax), kQueuedMax,
          runtime::WorkerWait{.give_up_after = kGiveUpAfter}, runtime::WorkerPriority::background
      ) {}

void PasswordPool::stop() {
    workers_.stop();
}

}  // namespace annals::crypto
