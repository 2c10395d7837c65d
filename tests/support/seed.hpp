#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <gtest/gtest.h>
#include <random>

namespace annals::test {

/// Chance that can be had again: the seed is printed, and ANNALS_SEED sets it.
class Seeded {
public:
    Seeded() {
        const char* given = std::getenv("ANNALS_SEED");
        seed_ = given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();
        engine_.seed(seed_);
        std::printf("seed: ANNALS_SEED=%llu\n", static_cast<unsigned long long>(seed_));
    }

    /// One of several players; its seed follows from the one that was printed.
    explicit Seeded(std::uint64_t seed) : seed_(seed), engine_(seed) {}

    [[nodiscard]] std::uint64_t seed() const { return seed_; }
    std::mt19937_64& engine() { return engine_; }
    /// A whole number from `min` to `max`.
    std::int64_t number(std::int64_t min, std::int64_t max) {
        return std::uniform_int_distribution<std::int64_t>(min, max)(engine_);
    }
    bool coin() { return number(0, 1) == 1; }
    template <class List>
    const auto& one_of(const List& list) {
        return list[static_cast<std::size_t>(number(0, static_cast<std::int64_t>(list.size()) - 1))];
    }

private:
    std::uint64_t seed_{0};
    std::mt19937_64 engine_;
};

}  // namespace annals::test
