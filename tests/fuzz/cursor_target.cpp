#include "api/http/cursor.hpp"
#include "api/http/limits.hpp"
#include "tests/fuzz/fuzz_target.hpp"

#include <algorithm>

namespace annals::test::fuzz {
namespace {

using http::CursorCodec;

constexpr CursorCodec::Scope kScope{.realm = "realm", .query = "tasks?sort=rank"};

/// The same for all texts: a fuzzer cannot guess a signature, and what lies behind a valid one is to be
/// tried too.
std::array<std::uint8_t, 32> constant_hmac(std::string_view) {
    return {};
}

/// A weak hash is enough to tell one text from another.
std::array<std::uint8_t, 32> telling_hmac(std::string_view text) {
    std::uint64_t hash = 14695981039346656037U;
    for (const char c : text) hash = (hash ^ static_cast<std::uint8_t>(c)) * 1099511628211U;
    std::array<std::uint8_t, 32> mac{};
    for (std::size_t i = 0; i < 8; ++i) mac[i] = static_cast<std::uint8_t>(hash >> (8 * i));
    return mac;
}

/// A cursor that is accepted is the only spelling of its keys.
void check_decoding(std::string_view cursor) {
    const CursorCodec codec(constant_hmac);
    std::size_t accepted = 0;
    for (std::size_t count = 0; count <= http::kCursorKeysMax; ++count) {
        const auto keys = codec.decode(kScope, cursor, count);
        if (!keys) {
            require(keys.error().status == 400, "a bad cursor is not the client's fault");
            require(keys.error().code == "CURSOR_INVALID", "refused as " + keys.error().code);
            continue;
        }
        ++accepted;
        require(keys->size() == count, "another number of keys");
        require(codec.encode(kScope, *keys) == cursor, "a second spelling of the same cursor");
    }
    require(accepted <= 1, "one cursor with two numbers of keys");
}

/// The bytes as keys, divided at zeros.
void check_encoding(std::string_view bytes) {
    std::vector<std::string> keys;
    while (!bytes.empty() && keys.size() < http::kCursorKeysMax) {
        const std::size_t end = std::min(bytes.find('\0'), bytes.size());
        keys.emplace_back(bytes.substr(0, end));
        bytes.remove_prefix(std::min(end + 1, bytes.size()));
    }
    const CursorCodec codec(telling_hmac);
    const std::string cursor = codec.encode(kScope, keys);
    if (cursor.size() > http::kCursorCharactersMax) return;
    require(codec.decode(kScope, cursor, keys.size()) == keys, "keys do not come back");
    const CursorCodec::Scope other{.realm = "realmt", .query = "asks?sort=rank"};
    require(!codec.decode(other, cursor, keys.size()), "a cursor of another realm is accepted");
}

}  // namespace

void run_cursor(std::string_view bytes) {
    check_decoding(bytes);
    check_encoding(bytes);
}

}  // namespace annals::test::fuzz
