#pragma once

#include "domain/kernel/ids.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

namespace annals {

inline constexpr std::size_t kVisibilityWaitersMax = 10'000;

enum class Visible : std::uint8_t {
    yes,
    timed_out,
    never,    ///< the position is of a later epoch, of a superseded past, or of no partition that there is
    refused,  ///< kVisibilityWaitersMax wait already
    closed    ///< the process stops
};

/// How far the query tables are, for read-your-writes. Fed by whoever learns that positions were applied (the
/// projector of this process, or notifications of another one); nobody polls. Thread-safe.
class Visibility {
public:
    using Deadline = std::chrono::steady_clock::time_point;
    using Callback = std::move_only_function<void(Visible)>;

    Visibility(std::uint32_t epoch, std::uint16_t partitions);
    ~Visibility();
    Visibility(const Visibility&) = delete;
    Visibility& operator=(const Visibility&) = delete;

    /// All events up to this position are in the query tables. Earlier positions than known change nothing; a
    /// higher epoch (the log was restored) starts all partitions anew and tells those who wait for the old
    /// one.
    void applied(const Position& position);

    /// The log's epoch was raised to `epoch` when the partition's head was at `after`: positions of older
    /// epochs up to there are still true, later ones are superseded. May be told again.
    void raised(std::uint16_t partition, std::uint32_t epoch, std::uint64_t after);
    /// Whether the position names an event that the log lost when it was restored.
    [[nodiscard]] bool is_superseded(const Position& position) const;

    [[nodiscard]] bool is_visible(const Position& position) const;
    [[nodiscard]] std::uint64_t applied_in(std::uint16_t partition) const;
    [[nodiscard]] std::uint32_t epoch() const;
    [[nodiscard]] std::uint16_t partitions() const;

    /// Blocks until then at the latest.
    [[nodiscard]] Visible wait_until(const Position& position, Deadline deadline);

    /// Calls back exactly once: at once on this thread when the answer is known, else on the thread that
    /// brings the position or on the one that watches deadlines. The callback must not block and must not
    /// call this object.
    void when_visible(const Position& position, Deadline deadline, Callback callback);

    /// Answers everybody who waits with `closed`, and all who come later.
    void close();

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace annals
