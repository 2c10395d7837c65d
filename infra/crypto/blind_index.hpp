#pragma once

#include "infra/crypto/key.hpp"

#include <string>
#include <string_view>

namespace annals::crypto {

/// Lookup values for sealed data: equal values of one scope give equal texts, and nobody without the key can
/// tell which value a text stands for. Immutable, any thread.
class BlindIndex {
public:
    /// `key` is the master key's sub-key KeyPurpose::blind_index.
    explicit BlindIndex(const Key& key) : key_(key) {}

    /// 43 characters of base64url. `scope` names what is looked up ("identity.email"), so that the same value
    /// in two scopes cannot be linked. `normalised` is the value in its canonical form; Email does that for
    /// addresses.
    [[nodiscard]] std::string compute(std::string_view scope, std::string_view normalised) const;

private:
    Key key_;
};

}  // namespace annals::crypto
