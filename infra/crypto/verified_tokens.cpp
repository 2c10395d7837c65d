#include "infra/crypto/verified_tokens.hpp"

namespace annals::crypto {

std::expected<AccessClaims, TokenFault> VerifiedTokens::verify(std::string_view token, std::int64_t now_s) {
    if (token.size() > kAccessTokenBytesMax) return std::unexpected(TokenFault::malformed);
    const auto digest = sha256(token);
    auto& shard = shards_[digest.back() % kShards];
    if (const auto claims = find(shard, digest)) {
        if (const auto fault = check_token_times(*claims, now_s)) return std::unexpected(*fault);
        return *claims;
    }
    const auto verdict = verifier_.verify(token, now_s);
    if (verdict) {
        const std::scoped_lock lock(shard.mutex);
        insert(shard, digest, *verdict);
    }
    return verdict;
}

std::size_t VerifiedTokens::size() const {
    std::size_t total = 0;
    for (const auto& shard : shards_) {
        const std::scoped_lock lock(shard.mutex);
        total += shard.young.size() + shard.old.size();
    }
    return total;
}

std::optional<AccessClaims> VerifiedTokens::find(Shard& shard, const Digest& digest) const {
    const std::scoped_lock lock(shard.mutex);
    if (const auto young = shard.young.find(digest); young != shard.young.end()) return young->second;
    const auto old = shard.old.find(digest);
    if (old == shard.old.end()) return std::nullopt;
    const auto claims = old->second;
    shard.old.erase(old);
    insert(shard, digest, claims);
    return claims;
}

void VerifiedTokens::insert(Shard& shard, const Digest& digest, const AccessClaims& claims) const {
    if (shard.young.size() >= generation_entries_max_) {
        shard.old = std::move(shard.young);
        shard.young.clear();
    }
    shard.young.emplace(digest, claims);
}

}  // namespace annals::crypto
