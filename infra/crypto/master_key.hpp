#pragma once

#include "infra/crypto/key.hpp"

#include <cstdint>
#include <string>

namespace annals::crypto {

/// What a sub-key of the master key is for. The numbers are part of what is stored: never change or reuse
/// one.
enum class KeyPurpose : std::uint64_t {
    subject_wrap = 1,  ///< wraps the data keys of subjects
    blind_index = 2,   ///< makes lookup values of sealed data
    cursor = 3,        ///< signs page cursors
    peers = 4,         ///< signs what processes pass on to each other
};

/// The root of all secrets, from a file that PostgreSQL never sees. Used only to derive sub-keys, one per
/// purpose (keyed BLAKE2b, libsodium crypto_kdf), so that a leak through one use tells nothing about the
/// others.
class MasterKey {
public:
    explicit MasterKey(const Key& key) : key_(key) {}
    /// Throws runtime::ConfigError; see read_key_file.
    static MasterKey load(const std::string& path);

    [[nodiscard]] Key derive(KeyPurpose purpose) const;

private:
    Key key_;
};

}  // namespace annals::crypto
