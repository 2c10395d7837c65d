#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace annals::bench {

/// What kind of promise was broken.
enum class Breach : std::uint8_t {
    lost,      ///< something acknowledged, or in the log, is missing
    repeated,  ///< something stands there more often than it may
    diverged,  ///< two places say different things, or something stands there that must not
};
inline constexpr std::size_t kBreachCount = 3;

/// What does not agree. All are counted, the first ones kept.
class Findings {
public:
    static constexpr std::size_t kKeptMax = 50;

    void add(Breach breach, std::string what) {
        ++counts_[static_cast<std::size_t>(breach)];
        if (kept_.size() < kKeptMax) kept_.push_back(std::move(what));
    }
    [[nodiscard]] std::uint64_t count(Breach breach) const {
        return counts_[static_cast<std::size_t>(breach)];
    }
    [[nodiscard]] std::uint64_t total() const {
        return count(Breach::lost) + count(Breach::repeated) + count(Breach::diverged);
    }
    [[nodiscard]] const std::vector<std::string>& kept() const { return kept_; }

private:
    std::array<std::uint64_t, kBreachCount> counts_{};
    std::vector<std::string> kept_;
};

}  // namespace annals::bench
