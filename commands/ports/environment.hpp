#pragma once

#include "commands/ports/event_store.hpp"

#include <string>
#include <string_view>

namespace annals {

/// What a deterministic command side has to be given: time, chance and cryptography. Implementations are
/// thread-safe.
class Clock {
public:
    virtual ~Clock() = default;
    virtual Instant now() = 0;
};

class IdSource {
public:
    virtual ~IdSource() = default;
    /// A new UUIDv7 (RFC 9562).
    virtual Uuid next() = 0;
};

/// A subject's data key in clear, only ever in memory.
using SubjectKey = std::array<std::uint8_t, 32>;

class Cryptography {
public:
    virtual ~Cryptography() = default;
    virtual Digest sha256(std::string_view bytes) = 0;
    /// SHA-256(0x00 || line), the leaf of an RFC 6962 tree.
    virtual Digest leaf_hash(std::string_view line) = 0;
    /// Keyed hash of a personal value for reservations and look-ups, as text.
    virtual std::string blind_index(std::string_view scope, std::string_view value) = 0;
    virtual SubjectKey new_subject_key() = 0;
    virtual std::string wrap(const Uuid& subject, const SubjectKey& key) = 0;
    /// Throws std::runtime_error when the wrapped key was not made by this installation's master key.
    virtual SubjectKey unwrap(const Uuid& subject, std::string_view wrapped) = 0;
    virtual std::string seal(const SubjectKey& key, std::string_view associated, std::string_view plain) = 0;
    /// Nothing when the text was not sealed with this key for this place.
    virtual std::optional<std::string> open(
        const SubjectKey& key, std::string_view associated, std::string_view sealed
    ) = 0;
};

}  // namespace annals
