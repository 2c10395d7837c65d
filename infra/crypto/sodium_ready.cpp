#include "infra/crypto/sodium_ready.hpp"

#include <sodium.h>
#include <stdexcept>

namespace annals::crypto {

void ensure_sodium() {
    static const bool kReady = sodium_init() >= 0;
    if (!kReady)
        throw std::runtime_error("CRYPTO-1a7e libsodium could not start: no source of random numbers");
}

}  // namespace annals::crypto
