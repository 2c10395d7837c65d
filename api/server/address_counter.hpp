#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <unordered_map>

namespace annals::server {

/// Counts open connections, in all and for each client address, and refuses beyond the caps. Thread-safe.
class AddressCounter {
public:
    AddressCounter(std::size_t total_max, std::size_t per_address_max)
        : total_max_(total_max), per_address_max_(per_address_max) {}

    /// True when the connection may be served; then release must follow once.
    bool admit(const std::string& address);
    void release(const std::string& address);

    std::size_t total() const;
    /// Waits until no connection is open; false when that took longer.
    bool wait_until_none(std::uint32_t timeout_ms);

private:
    const std::size_t total_max_;
    const std::size_t per_address_max_;
    mutable std::mutex mutex_;
    std::condition_variable none_;
    std::unordered_map<std::string, std::size_t> counts_;
    std::size_t total_ = 0;
};

}  // namespace annals::server
