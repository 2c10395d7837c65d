#pragma once

#include "api/http/problem.hpp"

#include <array>
#include <cstdint>
#include <expected>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace annals::http {

/// HMAC-SHA-256 with a key of the server. Called from several threads.
using Hmac = std::function<std::array<std::uint8_t, 32>(std::string_view)>;

/// Makes and reads the cursors of keyset pages. A cursor holds the sort keys of the last row and is signed
/// together with what it belongs to, so that nobody can point it at another realm, another query or another
/// filter. It carries no authority: the request that brings it is authorised like any other.
class CursorCodec {
public:
    explicit CursorCodec(Hmac hmac) : hmac_(std::move(hmac)) {}

    /// What a cursor is bound to. `query` names the read model, its filters and its order, however the caller
    /// writes them down, as long as the same request writes the same text.
    struct Scope {
        std::string_view realm;
        std::string_view query;
    };

    /// At most kCursorKeysMax keys, in the order of the sort.
    std::string encode(const Scope& scope, std::span<const std::string> keys) const;

    /// The keys, exactly `key_count` of them; otherwise 400 CURSOR_INVALID.
    std::expected<std::vector<std::string>, Problem> decode(
        const Scope& scope, std::string_view cursor, std::size_t key_count
    ) const;

private:
    std::string signature(const Scope& scope, std::string_view payload) const;

    Hmac hmac_;
};

}  // namespace annals::http
