#include "infra/crypto/system_cryptography.hpp"

#include "infra/crypto/random.hpp"
#include "infra/crypto/sealing.hpp"
#include "infra/crypto/sha256.hpp"

#include <algorithm>
#include <stdexcept>

namespace annals::crypto {
namespace {

SubjectKey plain(const Key& key) {
    SubjectKey bytes{};
    std::ranges::copy(key.bytes(), bytes.begin());
    return bytes;
}

}  // namespace

SystemCryptography::SystemCryptography(const MasterKey& master_key)
    : subject_keys_(master_key.derive(KeyPurpose::subject_wrap)),
      blind_index_(master_key.derive(KeyPurpose::blind_index)) {}

Digest SystemCryptography::sha256(std::string_view bytes) {
    return crypto::sha256(bytes);
}

Digest SystemCryptography::leaf_hash(std::string_view line) {
    return crypto::leaf_hash(line);
}

std::string SystemCryptography::blind_index(std::string_view scope, std::string_view value) {
    return blind_index_.compute(scope, value);
}

SubjectKey SystemCryptography::new_subject_key() {
    return plain(SubjectKeys::generate());
}

std::string SystemCryptography::wrap(const Uuid& subject, const SubjectKey& key) {
    return subject_keys_.wrap(Key{key}, subject);
}

SubjectKey SystemCryptography::unwrap(const Uuid& subject, std::string_view wrapped) {
    const auto key = subject_keys_.unwrap(wrapped, subject);
    if (key) return plain(*key);
    if (key.error() == OpenFault::wrong_key) {
        throw ForeignMasterKey(
            "CRYPTO-c3d8 the key of " + subject.to_string() + " was wrapped by another master key"
        );
    }
    throw std::runtime_error("CRYPTO-e519 the stored key of " + subject.to_string() + " is damaged");
}

std::string SystemCryptography::seal(
    const SubjectKey& key, std::string_view associated, std::string_view plaintext
) {
    return crypto::seal(plaintext, Key{key}, associated);
}

std::optional<std::string> SystemCryptography::open(
    const SubjectKey& key, std::string_view associated, std::string_view sealed
) {
    auto opened = crypto::open(sealed, Key{key}, associated);
    if (!opened) return std::nullopt;
    return std::move(*opened);
}

Uuid SystemIdSource::next() {
    return uuid7();
}

}  // namespace annals::crypto
