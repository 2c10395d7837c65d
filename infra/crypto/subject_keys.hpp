#pragma once

#include "domain/kernel/ids.hpp"
#include "infra/crypto/key.hpp"
#include "infra/crypto/sealing.hpp"

#include <expected>
#include <string>
#include <string_view>

namespace annals::crypto {

/// Wraps the data keys of subjects for the key table. A wrapped key opens only for its own subject;
/// destroying it erases everything sealed for that subject. Immutable, any thread.
class SubjectKeys {
public:
    /// `wrapping_key` is the master key's sub-key KeyPurpose::subject_wrap.
    explicit SubjectKeys(const Key& wrapping_key) : wrapping_key_(wrapping_key) {}

    /// A new data key for one subject.
    static Key generate() { return Key::generate(); }
    /// Raw bytes for a bytea column (89 of them).
    [[nodiscard]] std::string wrap(const Key& data_key, const Uuid& subject) const;
    /// OpenFault::wrong_key means another master key than the one it was wrapped with: a configuration fault.
    [[nodiscard]] std::expected<Key, OpenFault> unwrap(std::string_view wrapped, const Uuid& subject) const;

private:
    Key wrapping_key_;
};

}  // namespace annals::crypto
