#pragma once

#include "infra/bench/http_client.hpp"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <expected>
#include <memory>
#include <string_view>
#include <vector>

namespace annals::bench {

/// How a client deals with servers that fail. Without patience it says what it met.
struct Patience {
    bool is_patient{false};
    std::chrono::milliseconds answer_wait{15'000};    ///< for one answer
    std::chrono::milliseconds give_up_after{15'000};  ///< no repetition begins later
};
/// Of a client in a run with faults: a paused server costs it one wait, an outage of the database all of
/// them.
inline constexpr Patience kThroughFaults{
    true, std::chrono::milliseconds(4'000), std::chrono::milliseconds(25'000)
};

/// Pause between two tries: doubles from the first to the second.
inline constexpr std::chrono::milliseconds kTryPauseMin{50};
inline constexpr std::chrono::milliseconds kTryPauseMax{800};

/// Whether an answer leaves open what becomes of the request: lost, 503, or another one with the same key is
/// being carried out.
bool is_unresolved(const std::expected<HttpAnswer, Lost>& answer);

/// A client of several servers of one system, which uses one of them until that fails. One thread at a time.
class PatientClient {
public:
    /// Begins with the server `first` (modulo their number). At least one target.
    PatientClient(const std::vector<Endpoint>& targets, std::size_t first, Patience patience);

    /// Sends and receives. A patient client repeats the very same bytes, with the next server, as long as the
    /// answer leaves their fate open; a request that is not `repeatable` only if it never left.
    std::expected<HttpAnswer, Lost> exchange(std::string_view request, bool repeatable);

    /// The client of the server in use.
    [[nodiscard]] HttpClient& current() { return *clients_[index_]; }
    [[nodiscard]] std::size_t index() const { return index_; }
    /// Goes over to the next server, if there are several.
    void move_on();
    [[nodiscard]] bool is_patient() const { return patience_.is_patient; }

private:
    Patience patience_;
    std::vector<std::unique_ptr<HttpClient>> clients_;
    std::size_t index_;
};

}  // namespace annals::bench
