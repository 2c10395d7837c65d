#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <set>
#include <string>

namespace annals::projector {

/// Partitions that could not be worked on, say because the log has a hole there, while the others go on. Each
/// is tried again after a pause that doubles from kAsideMin to kAsideMax. For one thread.
class SetAside {
public:
    static constexpr std::chrono::milliseconds kAsideMin{1'000};
    static constexpr std::chrono::milliseconds kAsideMax{60'000};
    using Time = std::chrono::steady_clock::time_point;

    /// It failed. Answers true when it had not failed before, and is to be told.
    bool put(std::uint16_t partition, std::string why, Time now);
    /// It went on. Answers true when it had failed before.
    bool restore(std::uint16_t partition) { return entries_.erase(partition) > 0; }
    /// Forgets all others.
    void keep_only(const std::set<std::uint16_t>& partitions);

    /// Whether it must wait still; false when it may be tried, or never failed.
    [[nodiscard]] bool waits(std::uint16_t partition, Time now) const;
    [[nodiscard]] bool contains(std::uint16_t partition) const { return entries_.contains(partition); }
    [[nodiscard]] std::map<std::uint16_t, std::string> reasons() const;

private:
    struct Entry {
        std::string why;
        std::chrono::milliseconds pause{0};
        Time again;
    };
    std::map<std::uint16_t, Entry> entries_;
};

}  // namespace annals::projector
