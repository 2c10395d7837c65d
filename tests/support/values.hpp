#pragma once

#include "domain/kernel/ids.hpp"
#include "domain/kernel/time.hpp"

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

// Short ways to write values in tests.
namespace annals::test {

/// A UUIDv7 that differs for each number and sorts like it.
inline Uuid uuid(std::uint64_t number) {
    Uuid id;
    id.bytes[6] = 0x70;
    id.bytes[8] = 0x80;
    for (std::size_t i = 0; i < 7; ++i) id.bytes[15 - i] = static_cast<std::uint8_t>(number >> (8 * i));
    return id;
}

template <class Id>
Id id(std::uint64_t number) {
    return Id{uuid(number)};
}

/// A text that must be valid for its type.
template <class T>
T text(std::string_view raw) {
    auto parsed = T::parse(raw);
    if (!parsed) throw std::invalid_argument("no valid text for this type: " + std::string(raw));
    return *parsed;
}

inline Instant instant(std::string_view raw) {
    const auto parsed = Instant::parse(raw);
    if (!parsed) throw std::invalid_argument("no instant: " + std::string(raw));
    return *parsed;
}

inline Date date(std::string_view raw) {
    const auto parsed = Date::parse(raw);
    if (!parsed) throw std::invalid_argument("no date: " + std::string(raw));
    return *parsed;
}

}  // namespace annals::test
