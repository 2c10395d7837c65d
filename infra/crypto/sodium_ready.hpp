#pragma once

namespace annals::crypto {

/// Starts libsodium once per process; every function that needs it calls this first. Throws when the system
/// has no source of random numbers.
void ensure_sodium();

}  // namespace annals::crypto
