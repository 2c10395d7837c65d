#include "api/server/request_id.hpp"

#include <array>
#include <bit>
#include <chrono>
#include <cstdint>
#include <random>
#include <string_view>

namespace annals::server {

namespace {

/// xoshiro256** (Blackman and Vigna): fast, and good enough for ids that need not be unguessable.
class Generator {
public:
    Generator() {
        std::random_device device;
        for (std::uint64_t& word : state_) word = (std::uint64_t{device()} << 32) | device() | 1U;
    }

    std::uint64_t next() {
        const std::uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
        const std::uint64_t shifted = state_[1] << 17;
        state_[2] ^= state_[0];
        state_[3] ^= state_[1];
        state_[1] ^= state_[2];
        state_[0] ^= state_[3];
        state_[2] ^= shifted;
        state_[3] = std::rotl(state_[3], 45);
        return result;
    }

private:
    std::array<std::uint64_t, 4> state_{};
};

void append_hex(std::string& out, std::uint64_t value, int digits) {
    static constexpr std::string_view kHex = "0123456789abcdef";
    for (int shift = (digits - 1) * 4; shift >= 0; shift -= 4) out.push_back(kHex[(value >> shift) & 0xf]);
}

}  // namespace

std::string make_request_id() {
    thread_local Generator generator;
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    const auto ms =
        static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
    const std::uint64_t a = generator.next();
    const std::uint64_t b = generator.next();
    std::string text;
    text.reserve(36);
    append_hex(text, ms >> 16, 8);
    text.push_back('-');
    append_hex(text, ms & 0xffff, 4);
    text.push_back('-');
    append_hex(text, 0x7000 | (a & 0xfff), 4);
    text.push_back('-');
    append_hex(text, 0x8000 | ((a >> 12) & 0x3fff), 4);
    text.push_back('-');
    append_hex(text, b >> 16, 12);
    return text;
}

}  // namespace annals::server
