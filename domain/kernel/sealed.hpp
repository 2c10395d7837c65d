#pragma once

#include "domain/kernel/ids.hpp"

#include <optional>
#include <utility>

namespace annals {

/// Personal data about `subject`. In memory it is plain; in an event line it is encrypted with the subject's
/// own key, so that destroying the key erases the value from the log, Kafka and every export while all hashes
/// still hold. A value whose key was destroyed reads as nothing.
template <class T>
struct Sealed {
    Uuid subject{};
    std::optional<T> value{};

    Sealed() = default;
    Sealed(Uuid of, T plain) : subject(of), value(std::move(plain)) {}

    friend bool operator==(const Sealed&, const Sealed&) = default;
};

}  // namespace annals
