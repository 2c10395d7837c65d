#include "infra/crypto/subject_keys.hpp"

#include "infra/crypto/encoding.hpp"

#include <sodium.h>

namespace annals::crypto {
namespace {

std::string wrap_context(const Uuid& subject) {
    std::string context = "annals.subject-key.v1:";
    subject.append_to(context);
    return context;
}

}  // namespace

std::string SubjectKeys::wrap(const Key& data_key, const Uuid& subject) const {
    const auto bytes = data_key.bytes();
    const std::string_view plain{reinterpret_cast<const char*>(bytes.data()), bytes.size()};
    return seal_bytes(plain, wrapping_key_, wrap_context(subject));
}

std::expected<Key, OpenFault> SubjectKeys::unwrap(std::string_view wrapped, const Uuid& subject) const {
    auto plain = open_bytes(wrapped, wrapping_key_, wrap_context(subject));
    if (!plain) return std::unexpected(plain.error());
    if (plain->size() != Key::kBytes) return std::unexpected(OpenFault::malformed);
    Key key{as_bytes(*plain).first<Key::kBytes>()};
    sodium_memzero(plain->data(), plain->size());
    return key;
}

}  // namespace annals::crypto
