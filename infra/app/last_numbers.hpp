#pragma once

#include "domain/kernel/ids.hpp"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <random>
#include <vector>

namespace annals::app {

/// Spreads ids over 64 bits in an order that nobody can know beforehand. Clients choose the ids of streams,
/// and with a known order they could choose them so that all want the same place of a table.
class RandomOrder {
public:
    RandomOrder() : RandomOrder(drawn(), drawn()) {}
    /// An order that is the same every time; for tests.
    RandomOrder(std::uint64_t first, std::uint64_t second) : first_(first), second_(second) {}

    [[nodiscard]] std::uint64_t operator()(const Uuid& id) const {
        std::uint64_t head = 0;
        std::uint64_t tail = 0;
        std::memcpy(&head, id.bytes.data(), sizeof head);
        std::memcpy(&tail, id.bytes.data() + sizeof head, sizeof tail);
        // Both halves count: ids that differ in the first one only are as easily chosen.
        // One fold alone leaves ids that follow one another close together in some orders.
        return folded(folded(head ^ first_, tail ^ second_), 0x9E3779B97F4A7C15ULL);
    }

private:
    __extension__ using Product = unsigned __int128;

    static std::uint64_t folded(std::uint64_t a, std::uint64_t b) {
        const Product product = static_cast<Product>(a) * b;
        return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64U);
    }
    static std::uint64_t drawn() {
        std::random_device device;
        return (std::uint64_t{device()} << 32U) | device();
    }

    std::uint64_t first_, second_;
};

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
        return order_(id) >> (64 - std::countr_zero(slots_.size()));
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

    RandomOrder order_;
    std::vector<Slot> slots_;
    std::size_t seen_{0};
};

}  // namespace annals::app
