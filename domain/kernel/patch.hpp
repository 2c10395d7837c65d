#pragma once

#include <optional>
#include <utility>

namespace annals {

/// A field of a PATCH body, which knows three states: absent (leave it), null (clear it), a value (set it).
template <class T>
struct Patch {
    bool present{false};
    std::optional<T> value{};

    Patch() = default;
    explicit Patch(T set) : present(true), value(std::move(set)) {}
    static Patch clear() {
        Patch patch;
        patch.present = true;
        return patch;
    }

    friend bool operator==(const Patch&, const Patch&) = default;
};

}  // namespace annals
