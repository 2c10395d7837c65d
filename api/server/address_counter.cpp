#include "api/server/address_counter.hpp"

#include "domain/kernel/assert.hpp"

#include <chrono>

namespace annals::server {

bool AddressCounter::admit(const std::string& address) {
    const std::lock_guard lock(mutex_);
    if (total_ >= total_max_) return false;
    std::size_t& count = counts_[address];
    if (count >= per_address_max_) return false;
    ++count;
    ++total_;
    return true;
}

void AddressCounter::release(const std::string& address) {
    const std::lock_guard lock(mutex_);
    const auto found = counts_.find(address);
    ANNALS_ASSERT(found != counts_.end() && total_ > 0, "a connection was released that was never admitted");
    if (--found->second == 0) counts_.erase(found);
    if (--total_ == 0) none_.notify_all();
}

std::size_t AddressCounter::total() const {
    const std::lock_guard lock(mutex_);
    return total_;
}

bool AddressCounter::wait_until_none(std::uint32_t timeout_ms) {
    std::unique_lock lock(mutex_);
    return none_.wait_for(lock, std::chrono::milliseconds(timeout_ms), [this] { return total_ == 0; });
}

}  // namespace annals::server
