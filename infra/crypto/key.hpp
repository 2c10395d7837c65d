#pragma once

#include <array>
#include <cstdint>
#include <span>

namespace annals::crypto {

/// A 256-bit secret key. Every copy wipes its bytes when it goes, and nothing prints one.
class Key {
public:
    static constexpr std::size_t kBytes = 32;

    explicit Key(std::span<const std::uint8_t, kBytes> bytes);
    static Key generate();
    Key(const Key&) = default;
    Key& operator=(const Key&) = default;
    ~Key();

    [[nodiscard]] std::span<const std::uint8_t, kBytes> bytes() const { return bytes_; }
    /// In constant time.
    friend bool operator==(const Key& left, const Key& right);

private:
    std::array<std::uint8_t, kBytes> bytes_{};
};

}  // namespace annals::crypto
