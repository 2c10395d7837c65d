#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace annals {

/// A whole number from Min to Max. The reader checks the range, so a decider never sees another value.
template <std::int64_t Min, std::int64_t Max>
struct Bounded {
    using Number = std::int64_t;
    static constexpr std::int64_t kMin = Min;
    static constexpr std::int64_t kMax = Max;

    std::int64_t value{Min};

    Bounded() = default;
    explicit(false) Bounded(std::int64_t of) : value(of) {}
    explicit(false) operator std::int64_t() const { return value; }

    friend auto operator<=>(const Bounded&, const Bounded&) = default;
};

/// A list of Min to Max items.
template <class T, std::size_t Min, std::size_t Max>
struct Listed : std::vector<T> {
    static constexpr std::size_t kItemsMin = Min;
    static constexpr std::size_t kItemsMax = Max;
    using std::vector<T>::vector;
};

}  // namespace annals
