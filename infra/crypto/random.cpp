#include "infra/crypto/random.hpp"

#include "infra/crypto/sodium_ready.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <pthread.h>
#include <sodium.h>

namespace annals::crypto {
namespace {

constexpr std::size_t kPoolBytes = 4096;
constexpr std::size_t kPooledRequestBytesMax = 64;  // larger requests gain nothing from the pool

/// Rises in the child of every fork, so that parent and child never hand out the same pooled bytes.
std::atomic<std::uint64_t> fork_generation{0};

void count_forks() {
    static const int kRegistered = pthread_atfork(nullptr, nullptr, [] { fork_generation.fetch_add(1); });
    static_cast<void>(kRegistered);
}

class RandomPool {
public:
    RandomPool() {
        ensure_sodium();
        count_forks();
    }
    ~RandomPool() { sodium_memzero(bytes_.data(), bytes_.size()); }
    RandomPool(const RandomPool&) = delete;
    RandomPool& operator=(const RandomPool&) = delete;

    void take(std::span<std::uint8_t> out) {
        const auto generation = fork_generation.load(std::memory_order_relaxed);
        if (kPoolBytes - used_ < out.size() || generation != generation_) {
            randombytes_buf(bytes_.data(), bytes_.size());
            used_ = 0;
            generation_ = generation;
        }
        const auto given = std::span(bytes_).subspan(used_, out.size());
        std::ranges::copy(given, out.begin());
        sodium_memzero(given.data(), given.size());
        used_ += out.size();
    }

private:
    std::array<std::uint8_t, kPoolBytes> bytes_{};
    std::size_t used_{kPoolBytes};
    std::uint64_t generation_{0};
};

constexpr std::uint16_t kCounterMax = 0x0fff;
constexpr std::uint16_t kCounterStartMask =
    0x07ff;  // the upper half stays free for ids of the same millisecond

struct Uuid7State {
    std::uint64_t unix_ms{0};
    std::uint16_t counter{0};

    void advance(std::uint64_t now_ms, std::uint16_t random) {
        if (now_ms > unix_ms) {
            unix_ms = now_ms;
            counter = random & kCounterStartMask;
        } else if (counter == kCounterMax) {
            ++unix_ms;
            counter = random & kCounterStartMask;
        } else {
            ++counter;
        }
    }
};

}  // namespace

void random_bytes(std::span<std::uint8_t> out) {
    if (out.size() > kPooledRequestBytesMax) {
        ensure_sodium();
        randombytes_buf(out.data(), out.size());
        return;
    }
    thread_local RandomPool pool;
    pool.take(out);
}

Uuid uuid7() {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
    return uuid7_at(static_cast<std::uint64_t>(std::max<std::int64_t>(ms, 0)));
}

Uuid uuid7_at(std::uint64_t unix_ms) {
    thread_local Uuid7State state;
    std::array<std::uint8_t, 10> random{};
    random_bytes(random);
    state.advance(unix_ms, static_cast<std::uint16_t>(random[0] << 8U | random[1]));

    Uuid id;
    for (unsigned i = 0; i < 6; ++i) id.bytes[i] = static_cast<std::uint8_t>(state.unix_ms >> (40U - 8U * i));
    id.bytes[6] = static_cast<std::uint8_t>(0x70U | (state.counter >> 8U));
    id.bytes[7] = static_cast<std::uint8_t>(state.counter & 0xffU);
    std::copy_n(random.begin() + 2, 8, id.bytes.begin() + 8);
    id.bytes[8] = static_cast<std::uint8_t>(0x80U | (id.bytes[8] & 0x3fU));
    return id;
}

}  // namespace annals::crypto
