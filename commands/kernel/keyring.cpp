#include "commands/kernel/keyring.hpp"

namespace annals {
namespace {

/// What a ciphertext is bound to: moved to another realm, stream, version, event type, field or subject it
/// does not open any more.
std::string associated_data(const contract::SealPlace& place, const Uuid& subject, std::string_view field) {
    std::string data;
    place.tenant.value.append_to(data);
    data += '|';
    place.stream.append_to(data);
    data += '|';
    data += std::to_string(place.version);
    data += '|';
    data += place.type;
    data += '|';
    data += field;
    data += '|';
    subject.append_to(data);
    return data;
}

}  // namespace

Keyring::Keyring(Cryptography& cryptography, Fetch fetch)
    : cryptography_(cryptography), fetch_(std::move(fetch)) {}

std::string Keyring::seal(
    const contract::SealPlace& place, const Uuid& subject, std::string_view field, std::string_view plain
) {
    const auto key = key_of(subject);
    if (!key) throw SubjectErased();
    return cryptography_.seal(*key, associated_data(place, subject, field), plain);
}

std::optional<std::string> Keyring::open(
    const contract::SealPlace& place, const Uuid& subject, std::string_view field, std::string_view sealed
) {
    const auto key = key_of(subject);
    if (!key) return std::nullopt;
    return cryptography_.open(*key, associated_data(place, subject, field), sealed);
}

std::optional<SubjectKey> Keyring::key_of(const Uuid& subject) {
    if (const SubjectKey* known = keys_.find(subject)) return *known;
    const auto stored = fetch_(std::span(&subject, 1));
    if (stored.empty() || stored.front().wrapped_key.empty()) return std::nullopt;
    const SubjectKey key = cryptography_.unwrap(subject, stored.front().wrapped_key);
    keys_.put(subject, key);
    return key;
}

}  // namespace annals
