#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace annals::bench {

/// What does not agree. All are counted, the first ones kept.
class Findings {
public:
    static constexpr std::size_t kKeptMax = 50;

    void add(std::string what) {
        ++total_;
        if (kept_.size() < kKeptMax) kept_.push_back(std::move(what));
    }
    [[nodiscard]] std::uint64_t total() const { return total_; }
    [[nodiscard]] const std::vector<std::string>& kept() const { return kept_; }

private:
    std::uint64_t total_{0};
    std::vector<std::string> kept_;
};

}  // namespace annals::bench
