#include "infra/crypto/blind_index.hpp"

#include "infra/crypto/sha256.hpp"

namespace annals::crypto {

std::string BlindIndex::compute(std::string_view scope, std::string_view normalised) const {
    // The length of the scope goes first, so that no two pairs of scope and value give the same input.
    std::string input = std::to_string(scope.size());
    input += ':';
    input += scope;
    input += normalised;
    return to_base64url(hmac_sha256(key_.bytes(), input));
}

}  // namespace annals::crypto
