#pragma once

#include "infra/bench/http_client.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace annals::bench {

inline constexpr std::size_t kOpenLoopConnectionsMax = 1'000;  ///< a server takes no more of one address

/// How an open loop sends.
struct OpenLoopOptions {
    Endpoint api{};
    /// Requests per second, due at their times whether or not earlier ones are answered; 0: as fast as the
    /// answers come.
    double rate{0};
    std::size_t connections{64};
    std::chrono::duration<double> duration{1};
    /// The bytes of request `number`.
    std::function<std::string(std::uint64_t number)> request{};
    /// Asked between requests; true ends the loop early.
    std::function<bool()> stopped{};
};

/// What came of it. Times are milliseconds from sending to the end of the header of the answer.
struct OpenLoopResult {
    std::vector<double> accepted_ms{};
    std::vector<double> refused_ms{};  ///< 503 with Retry-After
    std::uint64_t bare_refusals{0};    ///< 503 without
    std::uint64_t other{0};            ///< any other status
    std::uint64_t lost{0};             ///< no answer
    std::uint64_t late{0};             ///< due while no connection was free
    double took_s{0};
    std::string odd_answer{};  ///< the head of one of `other`
};

/// One thread and one epoll for all connections, so that the load costs little beside what it measures. A
/// connection has one request under way. Throws std::runtime_error when the server cannot be reached.
OpenLoopResult run_open_loop(const OpenLoopOptions& options);

/// The value below which this share of the values lies; 0 of none. Sorts them.
double value_at_share(std::vector<double>& values, double share);

}  // namespace annals::bench
