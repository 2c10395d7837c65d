#pragma once

#include "commands/ports/environment.hpp"
#include "infra/crypto/blind_index.hpp"
#include "infra/crypto/master_key.hpp"
#include "infra/crypto/subject_keys.hpp"

#include <stdexcept>

namespace annals::crypto {

/// A key was wrapped by another master key than this process has: its configuration is at fault, not the key.
struct ForeignMasterKey : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// The command side's cryptography with the sub-keys of one master key. Immutable, any thread.
class SystemCryptography final : public Cryptography {
public:
    explicit SystemCryptography(const MasterKey& master_key);

    Digest sha256(std::string_view bytes) override;
    Digest leaf_hash(std::string_view line) override;
    std::string blind_index(std::string_view scope, std::string_view value) override;
    SubjectKey new_subject_key() override;
    std::string wrap(const Uuid& subject, const SubjectKey& key) override;
    /// Throws ForeignMasterKey, or another std::runtime_error when the key is damaged.
    SubjectKey unwrap(const Uuid& subject, std::string_view wrapped) override;
    std::string seal(const SubjectKey& key, std::string_view associated, std::string_view plaintext) override;
    std::optional<std::string> open(
        const SubjectKey& key, std::string_view associated, std::string_view sealed
    ) override;

private:
    SubjectKeys subject_keys_;
    BlindIndex blind_index_;
};

/// UUIDv7 of the system clock; see uuid7(). Any thread.
class SystemIdSource final : public IdSource {
public:
    Uuid next() override;
};

}  // namespace annals::crypto
