#include "domain/kernel/name_uuid.hpp"

#include <cstdint>

namespace annals {
namespace {

constexpr std::uint64_t kFirstBasis = 0xcbf29ce484222325ULL;   // the usual one of FNV-1a
constexpr std::uint64_t kSecondBasis = 0x6c62272e07bb0142ULL;  // upper half of the basis of 128-bit FNV-1a
constexpr std::uint64_t kPrime = 0x100000001b3ULL;

std::uint64_t fnv1a(std::uint64_t hash, std::string_view bytes) {
    for (const char byte : bytes) {
        hash ^= static_cast<std::uint8_t>(byte);
        hash *= kPrime;
    }
    return hash;
}

}  // namespace

Uuid name_uuid(std::string_view bytes) {
    const std::uint64_t first = fnv1a(kFirstBasis, bytes);
    const std::uint64_t second = fnv1a(kSecondBasis, bytes);
    Uuid id;
    for (std::size_t i = 0; i < 8; ++i) {
        id.bytes[i] = static_cast<std::uint8_t>(first >> (56 - 8 * i));
        id.bytes[8 + i] = static_cast<std::uint8_t>(second >> (56 - 8 * i));
    }
    id.bytes[6] = static_cast<std::uint8_t>((id.bytes[6] & 0x0FU) | 0x80U);  // version 8
    id.bytes[8] = static_cast<std::uint8_t>((id.bytes[8] & 0x3FU) | 0x80U);  // variant of RFC 9562
    return id;
}

}  // namespace annals
