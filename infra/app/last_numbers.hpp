#pragma once

#include "domain/kernel/ids.hpp"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

namespace annals::app {

/// The last number seen of each id: a hash table with open addressing. A log has as many streams as entities,
/// and a node of its own for each of them would cost a verification more than hashing the events does.
class LastNumbers {
public:
    LastNumbers() : slots_(kSlotsMin) {}

    /// Keeps the number as the last one of this id and answers the one before it, 0 for an id that is new.
    std::uint64_t exchange(const Uuid& id, std::uint64_t number) {
        if (seen_ * 3 >= slots_.size() * 2) grow();
        Slot& slot = slots_[place_of(id)];
        const std::uint64_t before = slot.follower == 0 ? 0 : slot.follower - 1;
        if (slot.follower == 0) {
            slot.id = id;
            ++seen_;
        }
        slot.follower = std::max<std::uint64_t>(number + 1, 1);
        return before;
    }
    /// Begins to load what `exchange` will need soon.
    void prefetch(const Uuid& id) const { __builtin_prefetch(&slots_[first_place(id)]); }

private:
    static constexpr std::size_t kSlotsMin = 1024;  ///< a power of two, as every size

    struct Slot {
        Uuid id{};
        std::uint64_t follower{0};  ///< the number and one; 0 in a free slot
    };

    [[nodiscard]] std::size_t first_place(const Uuid& id) const {
        // Fibonacci hashing: a UUID's last bytes are random, but for two fixed bits among the lowest.
        constexpr std::uint64_t kGoldenRatio = 0x9E3779B97F4A7C15ULL;
        return (std::hash<Uuid>{}(id)*kGoldenRatio) >> (64 - std::countr_zero(slots_.size()));
    }
    [[nodiscard]] std::size_t place_of(const Uuid& id) const {
        std::size_t place = first_place(id);
        while (slots_[place].follower != 0 && slots_[place].id != id)
            place = (place + 1) & (slots_.size() - 1);
        return place;
    }
    void grow() {
        std::vector<Slot> old(slots_.size() * 2);
        old.swap(slots_);
        for (const Slot& slot : old) {
            if (slot.follower != 0) slots_[place_of(slot.id)] = slot;
        }
    }

    std::vector<Slot> slots_;
    std::size_t seen_{0};
};

}  // namespace annals::app
