#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace annals::crypto {

/// Longest password that is hashed: 128 code points of four bytes. Longer input never reaches these functions
/// (the policy refuses it); nothing is truncated.
inline constexpr std::size_t kPasswordBytesMax = 512;

/// Hashes with Argon2id at parameters of OWASP's Password Storage Cheat Sheet (12 MiB, 3 passes, 1 lane) into
/// a PHC string. Of the rows that it calls equal this one took 11 ms of processor time where 19 MiB and 2
/// passes took 15, because the kernel clears the memory of each hash. Run it on the PasswordPool, never on an
/// I/O thread. libsodium fixes one lane, a 16-byte random salt and a 32-byte hash. Throws std::runtime_error
/// when memory is short.
std::string hash_password(std::string_view password);

/// Whether the password belongs to the PHC string. As slow as hash_password.
bool verify_password(std::string_view phc, std::string_view password);

/// Whether the PHC string was made with other parameters than today's; then hash again at the next good
/// login.
bool needs_rehash(std::string_view phc);

/// A PHC string that no password belongs to. Verify against it where the user is unknown, so that the answer
/// takes as long as for a known one.
const std::string& dummy_password_hash();

}  // namespace annals::crypto
