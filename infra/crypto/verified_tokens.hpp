#pragma once

#include "infra/crypto/jwt.hpp"
#include "infra/crypto/sha256.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <expected>
#include <mutex>
#include <optional>
#include <string_view>
#include <unordered_map>

namespace annals::crypto {

/// Remembers tokens whose signature held, since checking one costs more than the whole append of a command.
/// Holds hashes of tokens, never tokens; expiry is checked at every call, and what a session may still do is
/// not decided here. Any thread.
class VerifiedTokens {
public:
    static constexpr std::size_t kShards = 16;
    /// Two generations of this many per shard: about 6 MB when full.
    static constexpr std::size_t kGenerationEntriesMax = 1024;

    explicit VerifiedTokens(
        const AccessTokenVerifier& verifier, std::size_t generation_entries_max = kGenerationEntriesMax
    )
        : verifier_(verifier), generation_entries_max_(generation_entries_max) {}

    [[nodiscard]] std::expected<AccessClaims, TokenFault> verify(std::string_view token, std::int64_t now_s);
    /// For metrics and tests.
    [[nodiscard]] std::size_t size() const;

private:
    struct DigestHash {
        std::size_t operator()(const Digest& digest) const noexcept {
            std::size_t head = 0;
            std::memcpy(&head, digest.data(), sizeof head);
            return head;
        }
    };
    using Generation = std::unordered_map<Digest, AccessClaims, DigestHash>;
    struct Shard {
        mutable std::mutex mutex;
        Generation young;  ///< becomes `old` when full; what is still used moves back here
        Generation old;
    };

    std::optional<AccessClaims> find(Shard& shard, const Digest& digest) const;
    /// With the shard's mutex held.
    void insert(Shard& shard, const Digest& digest, const AccessClaims& claims) const;

    const AccessTokenVerifier& verifier_;
    const std::size_t generation_entries_max_;
    std::array<Shard, kShards> shards_;
};

}  // namespace annals::crypto
